/* `socksan fleet report`: reports on the traces of many hosts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/fleet.h"
#include "analyzer/cli/fleet_arguments.h"
#include "analyzer/cli/fleet_range.h"
#include "analyzer/cli/settings.h"
#include "analyzer/fleet/fleet_report.h"

struct fleet_report_arguments {
	struct settings settings;
	struct limits limits;
	struct fleet_arguments fleet;
	struct fleet_question question;
	int failed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet_report_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		for (size_t i = 0; !arguments && i < 5; i++)
			state->child_inputs[i] = NULL;
		if (!arguments)
			return 0;
		state->child_inputs[0] = &arguments->settings;
		state->child_inputs[1] = &arguments->limits;
		state->child_inputs[2] = &arguments->fleet;
		state->child_inputs[3] = state->child_inputs[4] = &arguments->question;
		return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is too much: the database goes into --from=URL", arg); return 0;
	case ARGP_KEY_SUCCESS:
		if (!arguments) /* only asked for its help */
			return 0;
		arguments->failed = fleet_arguments_finish(&arguments->fleet, state, "from", 1);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&settings_argp, 0, NULL, 0},     {&trace_argp, 0, NULL, 0},
					     {&fleet_from_argp, 0, NULL, 0},   {&fleet_range_argp, 0, NULL, 0},
					     {&fleet_judged_argp, 0, NULL, 0}, {0}};

const struct argp fleet_report_argp = {
	.parser = parse,
	.doc = "Report on the traces of many hosts, which `socksan ship` sent to a database: on every process that has a line in the range, "
	       "from its begin. The report is what `socksan report` says of the same traces."
	       "\vExit status: that of --error-exitcode if a violation reaches --fail-on, 24 if the report is incomplete, "
	       "or 0. 2: unusable arguments, no such traces, or a server that does not answer.",
	.children = children,
};

int cmd_fleet_report(int argc, char **argv)
{
	struct fleet_report_arguments arguments = {.limits = default_limits(), .question = fleet_range_default()};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&fleet_report_argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	enum delivered result = DELIVERED_NOT;
	if (arguments.failed == 0 && settings_load(&arguments.settings) == 0 &&
	    settings_check_outputs(&arguments.settings, stdout, &(struct paths){0}) == 0) {
		arguments.question.database = arguments.fleet.servers->url.database;
		struct server *server = server_new(arguments.fleet.servers);
		if (server)
			result = fleet_report(server, &arguments.question, &arguments.limits,
					      &arguments.settings.delivery);
		server_free(server);
	}
	fleet_arguments_free(&arguments.fleet);
	settings_free(&arguments.settings);
	return settings_status(&arguments.settings, result, STATUS_UNUSABLE);
}

/* `socksan fleet top`: questions about many hosts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/fleet.h"
#include "analyzer/cli/fleet_arguments.h"
#include "analyzer/cli/fleet_range.h"
#include "analyzer/fleet/view.h"

enum { KEY_VIEW = 0x100, KEY_NEW_SINCE };

struct fleet_top_arguments {
	struct fleet_arguments fleet;
	struct fleet_question question;
	struct look_arguments look;
	size_t view;
	const char *since_version;
	bool json;
	int failed;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"view", KEY_VIEW, "growth|new|limit|close-wait|ports", 0, "What to show, see below (default: growth)", 0},
	{"new-since", KEY_NEW_SINCE, "VERSION", 0, "With --view=new, what was first seen since this version was", 0},
	{"format", 'f', "text|json", 0, "As a table, or as JSON (default: text)", 0},
	ROW_MAX,
	{0},
};

static const char *format_at(size_t i)
{
	static const char *const formats[] = {"text", "json"};
	return i < 2 ? formats[i] : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fleet_top_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = arguments ? &arguments->fleet : NULL;
		state->child_inputs[1] = arguments ? &arguments->question : NULL;
		return 0;
	case KEY_VIEW: arguments->view = pick_name(state, "view", arg, view_name); return 0;
	case KEY_NEW_SINCE: arguments->since_version = arg; return 0;
	case 'f': arguments->json = pick_name(state, "format", arg, format_at) == 1; return 0;
	case KEY_LOOK_MAX: arguments->look.max = pick_number(state, "max", arg, 0, SIZE_MAX); return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is too much: the database goes into --from=URL", arg); return 0;
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case ARGP_KEY_SUCCESS:
		if (!arguments) /* only asked for its help */
			return 0;
		if (arguments->since_version && strcmp(view_name(arguments->view), "new") != 0)
			argp_error(state, "--new-since is for --view=new");
		if (arguments->question.host && !view_has(arguments->view, "host"))
			argp_error(state, "--host: the view '%s' does not tell hosts apart",
				   view_name(arguments->view));
		arguments->failed = fleet_arguments_finish(&arguments->fleet, state, "from", 1);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&fleet_from_argp, 0, NULL, 0}, {&fleet_range_argp, 0, NULL, 0}, {0}};

const struct argp fleet_top_argp = {
	.options = options,
	.parser = parse,
	.doc = "Answer questions about the traces of many hosts, by whole days."
	       "\vViews:\n"
#define VIEW(name, table, order, columns, meaning) "  " name ": " meaning "\n"
#include "analyzer/fleet/view.def"
	       "\nExit status: 0, or 2 for unusable arguments or a server that does not answer.",
	.children = children,
};

int cmd_fleet_top(int argc, char **argv)
{
	struct fleet_top_arguments arguments = {.question = fleet_range_default(), .look.max = 20};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&fleet_top_argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	int status = STATUS_UNUSABLE;
	if (arguments.failed == 0) {
		arguments.question.database = arguments.fleet.servers->url.database;
		struct server *server = server_new(arguments.fleet.servers);
		if (server && view_show(server, &arguments.question, arguments.view, arguments.since_version,
					arguments.look.max, arguments.json) == 0)
			status = 0;
		server_free(server);
	}
	fleet_arguments_free(&arguments.fleet);
	return status;
}

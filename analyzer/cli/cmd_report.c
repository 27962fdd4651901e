/* `socksan report`: reports on traces already on disk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <signal.h>
#include <stdlib.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/settings.h"
#include "analyzer/report/report.h"
#include "analyzer/base/util.h"

struct report_arguments {
	struct settings settings;
	struct limits limits;
	struct paths traces;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->settings;
		state->child_inputs[1] = &arguments->limits;
		return 0;
	case ARGP_KEY_ARG: paths_add(&arguments->traces, arg); return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no TRACE or DIR to read; \"-\" is standard input"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&settings_argp, 0, NULL, 0}, {&trace_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.parser = parse,
	.args_doc = "TRACE|DIR...",
	.doc = "Report on traces: files, folders of *.jsonl files, or \"-\" for standard input."
	       "\vExit status: that of --error-exitcode if a violation reaches --fail-on, 24 if the report is incomplete, "
	       "or 0. 2: unusable arguments or input.",
	.children = children,
};

int cmd_report(int argc, char **argv)
{
	struct report_arguments arguments = {.limits = default_limits()};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	/* A reader who leaves does not cost the reports in files. Without any, it ends as filters do. */
	if (arguments.settings.delivery.outputs.n)
		signal(SIGPIPE, SIG_IGN);
	enum delivered result = DELIVERED_NOT;
	if (settings_load(&arguments.settings) == 0 &&
	    settings_check_outputs(&arguments.settings, stdout, &arguments.traces) == 0)
		result = report_traces(&arguments.settings.delivery, &arguments.limits, arguments.traces.list,
				       arguments.traces.n, NULL);
	free(arguments.traces.list);
	settings_free(&arguments.settings);
	return settings_status(&arguments.settings, result, STATUS_UNUSABLE);
}

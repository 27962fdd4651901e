/* `socksan merge`: folds JSON reports of many jobs into one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/settings.h"
#include "analyzer/report/merge.h"
#include "analyzer/base/util.h"

struct merge_arguments {
	struct settings settings;
	struct paths reports;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct merge_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->settings; return 0;
	case ARGP_KEY_ARG: paths_add(&arguments->reports, arg); return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no REPORT.json to merge; \"-\" is standard input"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&settings_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.parser = parse,
	.args_doc = "REPORT.json...",
	.doc = "Fold JSON reports of many jobs into one: counts are added up, and a violation of several jobs appears once. "
	       "\"-\" is standard input."
	       "\vExit status: that of --error-exitcode if a violation reaches --fail-on, 24 if the report is incomplete, "
	       "or 0. 2: unusable arguments or input; no report is written.",
	.children = children,
};

/* An unusable report would leave an invisible hole in the result, so all are read before anything is written. */
static int read_all(struct merge *merge, const struct merge_arguments *arguments)
{
	int result = 0;
	for (size_t i = 0; i < arguments->reports.n; i++) {
		const char *path = arguments->reports.list[i],
			   *name = strcmp(path, "-") == 0 ? "<standard input>" : path;
		size_t n;
		char *text = read_file(path, &n);
		char *why = text ? merge_add(merge, name, text, n) : xasprintf("%s: %s", name, strerror(errno));
		free(text);
		if (!why)
			continue;
		complain("%s", why);
		free(why);
		result = -1;
	}
	return result;
}

int cmd_merge(int argc, char **argv)
{
	struct merge_arguments arguments = {0};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	/* A reader who leaves does not cost the reports in files. Without any, it ends as filters do. */
	if (arguments.settings.delivery.outputs.n)
		signal(SIGPIPE, SIG_IGN);
	struct merge *merge = merge_new();
	enum delivered result = DELIVERED_NOT;
	const struct inputs reports = {arguments.reports.list, arguments.reports.n,
				       "a report that is merged, which is JSON", true};
	if (settings_load(&arguments.settings) == 0 &&
	    settings_check_outputs(&arguments.settings, stdout, &(struct paths){0}) == 0 &&
	    outputs_check(&arguments.settings.delivery.outputs, stdout, &reports, 1) == 0 &&
	    read_all(merge, &arguments) == 0) {
		struct report report = merge_report(merge);
		result = deliver(&arguments.settings.delivery, &report, stdout);
		merge_report_free(&report);
	}
	merge_free(merge);
	free(arguments.reports.list);
	settings_free(&arguments.settings);
	return settings_status(&arguments.settings, result, STATUS_UNUSABLE);
}

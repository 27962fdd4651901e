/* `socksan fleet`: dispatches to the commands about the database of many hosts.
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

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *full_name;
} words[] = {
	{"init", cmd_fleet_init, "socksan fleet init"},
	{"report", cmd_fleet_report, "socksan fleet report"},
	{"top", cmd_fleet_top, "socksan fleet top"},
};

static const char *word_at(size_t i) { return i < sizeof words / sizeof *words ? words[i].name : NULL; }

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'h')
		return ARGP_ERR_UNKNOWN;
	argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
	return 0;
}

static const struct argp_option options[] = {ROW_HELP, {0}};

/* Behind the options of all words, in place of what each says behind its own. */
static const char behind[] =
	"\vViews of top:\n"
#define VIEW(name, table, order, columns, meaning) "  " name ": " meaning "\n"
#include "analyzer/fleet/view.def"
	"\nExit status: of init 0, or 1 if the server cannot be used; of report as that of `socksan report`; of top 0; "
	"2 for unusable arguments, and for report and top if the server does not answer.";

static int show(int argc, char **argv)
{
	struct argp init = fleet_init_argp, top = fleet_top_argp, report = fleet_report_argp;
	init.doc = report.doc = NULL;
	top.doc = behind;
	const struct argp_child children[] = {{&init, 0, "Options of init:", 1},
					      {&top, 0, "Options of top:", 2},
					      {&report, 0, "Options of report:", 3},
					      {0}};
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "init --to=URL\nreport --from=URL [OPTION...]\ntop --from=URL [OPTION...]",
		.doc = "The database of many hosts, on ClickHouse. init makes its tables, or adds those that a newer SockSan needs; `socksan ship` "
		       "fills them. report says of the traces there what `socksan report` says of files; top answers questions about them.",
		.children = children,
	};
	return arguments_parse(&argp, argc, argv, 0, NULL) == 0 ? 0 : STATUS_UNUSABLE;
}

int cmd_fleet(int argc, char **argv)
{
	argp_err_exit_status = STATUS_UNUSABLE;
	for (size_t i = 0; argc > 1 && word_at(i); i++) {
		if (strcmp(argv[1], words[i].name) != 0)
			continue;
		char *name = xstrdup(words[i].full_name), *before = argv[1];
		argv[1] = name;
		int status = words[i].run(argc - 1, argv + 1);
		argv[1] = before;
		free(name);
		return status;
	}
	if (argc > 1 && argv[1][0] != '-') {
		char *near = did_you_mean(argv[1], word_at, ".");
		complain("no command 'fleet %s'%s See `socksan fleet --help`", argv[1], near);
		free(near);
		return STATUS_UNUSABLE;
	}
	if (argc < 2) {
		complain("no command after 'fleet'; see `socksan fleet --help`");
		return STATUS_UNUSABLE;
	}
	return show(argc, argv);
}

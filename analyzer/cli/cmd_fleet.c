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

static const struct argp_child children[] = {
	{&fleet_init_options, 0, "Options of init:", 1},
	{&fleet_top_options, 0,
	 "Options of top; report has those of the database and the range, and all of `socksan report`:", 2},
	{0},
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "init --to=URL\nreport --from=URL [OPTION...]\ntop --from=URL [OPTION...]",
	.doc = "The database of many hosts, on ClickHouse. init makes its tables, or adds those that a newer SockSan needs; `socksan ship` "
	       "fills them. report says of the traces there what `socksan report` says of files; top answers questions about them."
	       "\vViews of top:\n"
#define VIEW(name, table, order, columns, meaning) "  " name ": " meaning "\n"
#include "analyzer/fleet/view.def"
	       "\nExit status: 0; 1 if init cannot use the server; 2 for unusable arguments, or if report or top get no answer. Otherwise report "
	       "exits as `socksan report` does.",
	.children = children,
};

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
		const char *near = nearest(argv[1], word_at);
		complain("no command 'fleet %s'%s%s%s See `socksan fleet --help`", argv[1],
			 near ? "; did you mean '" : ".", near ? near : "", near ? "'?" : "");
		return STATUS_UNUSABLE;
	}
	if (argc < 2) {
		complain("no command after 'fleet'; see `socksan fleet --help`");
		return STATUS_UNUSABLE;
	}
	return arguments_parse(&argp, argc, argv, 0, NULL) == 0 ? 0 : STATUS_UNUSABLE;
}

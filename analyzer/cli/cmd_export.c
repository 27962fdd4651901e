/* `socksan export`: traces as other tools read them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/settings.h"
#include "analyzer/live/export.h"

static const struct export_form {
	const char *name;
	int (*write)(FILE *out, const struct session *session);
	bool binary;
} forms[] = {
	{"perfetto", export_perfetto, false},
	{"pprof", export_pprof, true},
	{"ndjson", export_ndjson, false},
};

struct export_arguments {
	const char *what;
	const struct export_form *form;
};

static const struct argp_option options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"format", 'f', "perfetto|pprof|ndjson", 0,
	 "perfetto: the life of each socket on a line of time, for ui.perfetto.dev; pprof: what was opened and is open "
	 "by stack, "
	 "for `go tool pprof`; ndjson: all events in order of time with their frames, for jq and databases",
	 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'f':
		for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
			if (strcmp(arg, forms[i].name) == 0)
				arguments->form = &forms[i];
		if (!arguments->form || strcmp(arg, arguments->form->name) != 0)
			argp_error(state, "no format '%s'; there are perfetto pprof ndjson", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->what)
			argp_error(state, "one PID, DIR or TRACE at a time");
		arguments->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->form)
			argp_error(state, "no --format; there are perfetto pprof ndjson");
		if (!arguments->what)
			argp_error(state, "no PID, DIR or TRACE to export");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE",
	.doc = "Write traces as other tools read them, to standard output: those of a folder, one trace, or by a PID "
	       "those of a process "
	       "that runs."
	       "\vExit status: 0, or 2 for unusable arguments or input.",
	.children = children,
};

int cmd_export(int argc, char **argv)
{
	struct export_arguments arguments = {0};
	int status = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	if (arguments.form->binary && isatty(STDOUT_FILENO)) {
		complain("a profile is no text: redirect it to a file, such as `> opened.pb.gz`");
		return STATUS_UNUSABLE;
	}
	struct session *session = session_open(arguments.what);
	if (!session)
		return STATUS_UNUSABLE;
	(void)session_look(session, false);
	if (!session_processes(session))
		complain("no usable line in what was given: nothing to export");
	else if (arguments.form->write(stdout, session) == 0)
		status = 0;
	session_free(session);
	return status;
}

/* `socksan export`: traces for other tools.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
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
	struct look_arguments look;
	const struct export_form *form;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"format", 'f', "perfetto|pprof|ndjson", 0,
	 "perfetto: the life of each socket on a timeline, for ui.perfetto.dev; "
	 "pprof: what was opened and is open by stack, for `go tool pprof`; "
	 "ndjson: all events in order of time, with their frames, for jq and databases",
	 0},
	{0},
};

static const char *form_name(size_t i) { return i < sizeof forms / sizeof *forms ? forms[i].name : NULL; }

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_arguments *arguments = state->input;
	switch (key) {
	case 'f': arguments->form = &forms[pick_name(state, "format", arg, form_name)]; return 0;
	case ARGP_KEY_NO_ARGS:
	case ARGP_KEY_SUCCESS:
		if (!arguments->form)
			argp_error(state, "no --format; there are perfetto pprof ndjson");
		return key == ARGP_KEY_SUCCESS ? 0 : look_parse(key, arg, state, &arguments->look);
	default: return look_parse(key, arg, state, &arguments->look);
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE",
	.doc = "Write traces for other tools, to standard output: those of a folder, one trace, "
	       "or those of a running process by its PID."
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
		complain("a profile is binary: redirect it to a file, such as `> opened.pb.gz`");
		return STATUS_UNUSABLE;
	}
	struct session *session = session_open(arguments.look.what);
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

/* `socksan snapshot`: what is open now, by the place that opened it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/live/session.h"
#include "analyzer/live/snapshot.h"

enum { KEY_MAX = 0x100, KEY_FULL_STACKS };

struct snapshot_arguments {
	const char *what;
	enum snapshot_format { SNAPSHOT_TEXT, SNAPSHOT_JSON, SNAPSHOT_PPROF, SNAPSHOT_FORMATS } format;
	size_t max;
	bool full_stacks;
};

static const char *const format_words[] = {"text", "json", "pprof"};

static const struct argp_option options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"format", 'f', "text|json|pprof", 0,
	 "What is written; pprof is a profile for `go tool pprof` and the like (default: text)", 0},
	{"max", KEY_MAX, "N", 0, "In text, show the N places with most open; 0 shows all (default: 20)", 0},
	{"full-stacks", KEY_FULL_STACKS, NULL, 0, "Show every frame of each stack, not only the first few", 0},
	{0},
};

static void read_form(struct snapshot_arguments *arguments, const char *word, struct argp_state *state)
{
	for (int i = 0; i < SNAPSHOT_FORMATS; i++)
		if (strcmp(word, format_words[i]) == 0) {
			arguments->format = (enum snapshot_format)i;
			return;
		}
	argp_error(state, "no format '%s'; there are text json pprof", word);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct snapshot_arguments *arguments = state->input;
	char *why;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'f': read_form(arguments, arg, state); return 0;
	case KEY_MAX:
		why = read_max(&arguments->max, arg);
		if (why)
			argp_error(state, "%s", why);
		free(why);
		return 0;
	case KEY_FULL_STACKS: arguments->full_stacks = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->what)
			argp_error(state, "one PID, DIR or TRACE at a time");
		arguments->what = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no PID, DIR or TRACE to look at; \"-\" is standard input"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE",
	.doc = "Show what is open now, by the place that opened it: of a process that runs under SockSan and the "
	       "processes it "
	       "started, of a folder of traces, or of a trace. The process is neither stopped nor signalled."
	       "\vA number is a PID; a file of that name is ./NUMBER. Exit status: 0, or 2 for unusable arguments or "
	       "input.",
	.children = children,
};

static int write_snapshot(const struct snapshot_arguments *arguments, const struct census *census)
{
	switch (arguments->format) {
	case SNAPSHOT_JSON: return snapshot_json(stdout, census);
	case SNAPSHOT_PPROF:
		if (isatty(STDOUT_FILENO)) {
			complain("a profile is no text: redirect it to a file, such as `> open.pb.gz`");
			return -1;
		}
		return snapshot_pprof(stdout, census);
	default: return snapshot_text(stdout, census, arguments->max, arguments->full_stacks);
	}
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_arguments arguments = {.max = 20};
	int status = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	struct session *session = session_open(arguments.what);
	if (!session)
		return STATUS_UNUSABLE;
	(void)session_look(session, false);
	struct census *census = census_take(session_processes(session), true);
	census->torn = session_torn(session);
	if (!session_processes(session))
		complain("no usable line in what was given: nothing to show");
	else if (write_snapshot(&arguments, census) == 0)
		status = 0;
	census_free(census);
	session_free(session);
	return status;
}

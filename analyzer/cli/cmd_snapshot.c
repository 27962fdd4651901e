/* `socksan snapshot`: what is open now, by the place that opened it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/settings.h"
#include "analyzer/live/open_file.h"
#include "analyzer/live/session.h"
#include "analyzer/live/snapshot.h"
#include "shim/model/dump.h"

enum snapshot_format { SNAPSHOT_TEXT, SNAPSHOT_JSON, SNAPSHOT_PPROF, SNAPSHOT_FORMATS };

struct snapshot_arguments {
	struct look_arguments look;
	enum snapshot_format format;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"format", 'f', "text|json|pprof", 0,
	 "What is written; pprof is a profile for `go tool pprof` and the like (default: text)", 0},
	ROW_MAX,
	ROW_FULL_STACKS,
	{0},
};

static const char *format_word(size_t format)
{
	static const char *const words[] = {"text", "json", "pprof"};
	return format < SNAPSHOT_FORMATS ? words[format] : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct snapshot_arguments *arguments = state->input;
	if (key != 'f')
		return look_parse(key, arg, state, &arguments->look);
	arguments->format = (enum snapshot_format)pick_name(state, "format", arg, format_word);
	return 0;
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE|FILE.open.json",
	.doc = "Show what is open now, by the place that opened it: "
	       "of a process that runs under SockSan and the processes it started, of a folder of traces, or of a trace; "
	       "or what a process wrote that it had open, see dump_at in socksan(7). "
	       "The process is neither stopped nor signalled."
	       "\vA number is a PID; a file of that name is ./NUMBER. "
	       "Exit status: 0, or 2 for unusable arguments or input.",
	.children = children,
};

static int write_snapshot(const struct snapshot_arguments *arguments, const struct census *census)
{
	switch (arguments->format) {
	case SNAPSHOT_JSON: return snapshot_json(stdout, census);
	case SNAPSHOT_PPROF:
		if (isatty(STDOUT_FILENO)) {
			complain("a profile is binary: redirect it to a file, such as `> open.pb.gz`");
			return -1;
		}
		return snapshot_pprof(stdout, census);
	default: return snapshot_text(stdout, census, arguments->look.max, arguments->look.full_stacks);
	}
}

/* Of a file that a process wrote of itself; -1: the path leads to none. */
static int show_file(const struct snapshot_arguments *arguments)
{
	static const char end[] = OPEN_SUFFIX;
	size_t length = strlen(arguments->look.what), n;
	if (length < sizeof end || strcmp(arguments->look.what + length - (sizeof end - 1), end) != 0)
		return -1;
	char *text = read_file(arguments->look.what, &n), *why = NULL;
	struct open_file *file = text ? open_file_parse(arguments->look.what, text, n, &why) : NULL;
	int status = file && write_snapshot(arguments, open_file_census(file)) == 0 ? 0 : STATUS_UNUSABLE;
	if (!text)
		complain("%s: %s", arguments->look.what, strerror(errno));
	else if (why)
		complain("%s", why);
	free(why);
	free(text);
	open_file_free(file);
	return status;
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_arguments arguments = {.look.max = 20};
	int status = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	int shown = show_file(&arguments);
	if (shown >= 0)
		return shown;
	struct session *session = session_open(arguments.look.what);
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

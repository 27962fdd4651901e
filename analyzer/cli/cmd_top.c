/* `socksan top`: what is open, live.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/live/session.h"
#include "analyzer/live/top.h"
#include "analyzer/live/top_screen.h"

enum { KEY_BATCH = 0x100, KEY_EVERY, KEY_SORT, KEY_MAX };

struct top_arguments {
	const char *what;
	bool batch;
	int64_t every;
	size_t times, max;
	enum top_order order;
};

static const struct argp_option options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"batch", KEY_BATCH, NULL, 0, "Write plain text, one table after the other, as for a file or a pipe", 0},
	{"every", KEY_EVERY, "TIME", 0, "Look again after so long, in ms, s, min or h (default: 1s)", 0},
	{"iterations", 'n', "N", 0, "End after N looks; 0 is never (default: 0)", 0},
	{"sort", KEY_SORT, "open|growth|oldest|wait", 0, "What comes first (default: open)", 0},
	{"max", KEY_MAX, "N", 0, "In a batch, show N places; 0 shows all (default: 20)", 0},
	{0},
};

/* Ends the program when something is wrong with a value. */
static void need(struct argp_state *state, char *why)
{
	if (why)
		argp_error(state, "%s", why);
	free(why);
}

static void read_order(struct top_arguments *arguments, const char *word, struct argp_state *state)
{
	size_t order = 0;
	while (top_order_name(order) && strcmp(word, top_order_name(order)) != 0)
		order++;
	if (!top_order_name(order))
		argp_error(state, "no order '%s'; there are open growth oldest wait", word);
	arguments->order = (enum top_order)order;
}

static void read_times(struct top_arguments *arguments, const char *word, struct argp_state *state)
{
	char *end;
	errno = 0;
	arguments->times = strtoul(word, &end, 10);
	if (errno || *word < '0' || *word > '9' || *end)
		argp_error(state, "--iterations wants a number, 0 for no end, not '%s'", word);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case KEY_BATCH: arguments->batch = true; return 0;
	case KEY_EVERY:
		need(state, read_time(&arguments->every, "every", arg));
		if (arguments->every < 100000000)
			argp_error(state, "--every wants 100ms at least, not '%s'", arg);
		return 0;
	case 'n': read_times(arguments, arg, state); return 0;
	case KEY_SORT: read_order(arguments, arg, state); return 0;
	case KEY_MAX: need(state, read_max(&arguments->max, arg)); return 0;
	case ARGP_KEY_ARG:
		if (arguments->what)
			argp_error(state, "one PID, DIR or TRACE at a time");
		arguments->what = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no PID, DIR or TRACE to look at"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE",
	.doc = "Show what is open, live, by the place that opened it: how many, how many more than a minute ago, for "
	       "how long the "
	       "oldest, how many of them connected and how many left by their peer. It reads what the traces have "
	       "gained since the "
	       "last look; the process is neither stopped nor signalled."
	       "\vKeys: q ends it; s, o, g, a, w sort; up, down and enter show the stack and the peers of a place; the "
	       "space bar "
	       "looks at once. Without a terminal it writes as with --batch. A number is a PID; a file of that name is "
	       "./NUMBER. "
	       "Exit status: 0, or 2 for unusable arguments or input.",
	.children = children,
};

/* Until the last look, or the end of the process that was asked for. -1: nobody reads it any more. */
static int run_batch(struct top *top, const struct top_arguments *arguments)
{
	const struct timespec pause = {.tv_sec = arguments->every / 1000000000,
				       .tv_nsec = arguments->every % 1000000000};
	for (size_t n = 1;; n++) {
		top_look(top, false);
		top_text(stdout, top, arguments->max);
		bool ends = (arguments->times && n >= arguments->times) || !top->there;
		if (!ends)
			fputc('\n', stdout);
		if (fflush(stdout) != 0)
			return -1;
		if (ends)
			return 0;
		nanosleep(&pause, NULL);
	}
}

int cmd_top(int argc, char **argv)
{
	struct top_arguments arguments = {.every = 1000000000, .max = 20};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	struct session *session = session_open(arguments.what);
	if (!session)
		return STATUS_UNUSABLE;
	struct top *top = top_new(session, arguments.order);
	int result = 0;
	bool terminal = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
	if (arguments.batch || !terminal || top_screen(top, arguments.every, arguments.times) < 0)
		result = run_batch(top, &arguments);
	top_free(top);
	session_free(session);
	return result < 0 ? STATUS_UNUSABLE : 0;
}

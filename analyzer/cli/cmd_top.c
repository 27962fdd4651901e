/* `socksan top`: what is open, live.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
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

enum { KEY_BATCH = 0x100, KEY_EVERY, KEY_SORT, KEY_WINDOW };

struct top_arguments {
	struct look_arguments look;
	bool batch;
	int64_t every, window;
	size_t times;
	enum top_order order;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"batch", KEY_BATCH, NULL, 0, "Write plain text, one table after another, for a file or a pipe", 0},
	{"every", KEY_EVERY, "TIME", 0, "Refresh at this interval, in ms, s, min or h (default: 1s)", 0},
	{"iterations", 'n', "N", 0, "Exit after N refreshes; 0 = never (default: 0)", 0},
	{"sort", KEY_SORT, "open|growth|oldest|wait", 0, "What to sort by (default: open)", 0},
	{"window", KEY_WINDOW, "TIME", 0,
	 "Mark a place as leak-suspect if it grew in each of five windows of this length, among other signs (default: 1min)",
	 0},
	ROW_MAX,
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top_arguments *arguments = state->input;
	switch (key) {
	case KEY_BATCH: arguments->batch = true; return 0;
	case KEY_EVERY:
		need(state, read_time(&arguments->every, "every", arg));
		if (arguments->every < 100000000)
			argp_error(state, "--every wants 100ms at least, not '%s'", arg);
		return 0;
	case KEY_WINDOW: need(state, read_time(&arguments->window, "window", arg)); return 0;
	case 'n': arguments->times = pick_number(state, "iterations", arg, 0, SIZE_MAX); return 0;
	case KEY_SORT: arguments->order = (enum top_order)pick_name(state, "order", arg, top_order_name); return 0;
	default: return look_parse(key, arg, state, &arguments->look);
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PID|DIR|TRACE",
	.doc = "Show what is open, live, by the place that opened it: how many, how many more than a minute ago, "
	       "the age of the oldest, how many are connected and how many were closed by their peer. "
	       "Each refresh reads only what was added to the traces; the process is neither stopped nor signalled."
	       "\vKeys: q quits; s, o, g, a, w sort; up, down and enter show the stack and the peers of a place; "
	       "the space bar refreshes at once. Without a terminal it writes as with --batch. "
	       "A number is a PID; a file of that name is ./NUMBER. "
	       "Exit status: 0, or 2 for unusable arguments or input.",
	.children = children,
};

/* Runs until the last look, or the end of the process. Returns -1 if nobody reads the output any more. */
static int run_batch(struct top *top, const struct top_arguments *arguments)
{
	const struct timespec pause = {.tv_sec = arguments->every / 1000000000,
				       .tv_nsec = arguments->every % 1000000000};
	for (size_t n = 1;; n++) {
		top_look(top, false);
		top_text(stdout, top, arguments->look.max);
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
	struct top_arguments arguments = {.every = 1000000000, .look.max = 20};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	struct session *session = session_open(arguments.look.what);
	if (!session)
		return STATUS_UNUSABLE;
	struct top *top = top_new(session, arguments.order);
	if (arguments.window)
		top->window = arguments.window;
	int result = 0;
	bool terminal = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
	if (arguments.batch || !terminal || top_screen(top, arguments.every, arguments.times) < 0)
		result = run_batch(top, &arguments);
	top_free(top);
	session_free(session);
	return result < 0 ? STATUS_UNUSABLE : 0;
}

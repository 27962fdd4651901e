/* `socksan explore`: runs a command again and again, with one call failing each time, and reports what then leaks, dies or hangs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <argp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/explore/explore.h"
#include "analyzer/explore/fault_spec.h"
#include "analyzer/launch/launch.h"
#include "analyzer/launch/path_search.h"
#include "analyzer/launch/shim_path.h"
#include "analyzer/report/merge.h"
#include "analyzer/base/util.h"

struct explore_arguments {
	struct settings settings;
	struct limits limits;
	struct exploration wanted;
	struct paths errors, skipped, passed; /* passed: options for the runs */
	bool calls_given;
};

enum {
	OPTION_ERRNO = 0x600,
	OPTION_CALLS,
	OPTION_EVERYWHERE,
	OPTION_SKIP,
	OPTION_MEMORY,
	OPTION_SETUP,
	OPTION_RESET,
	OPTION_BUDGET,
	OPTION_TIMEOUT,
	OPTION_RESUME,
	OPTION_HOST_NETWORK
};

static const struct argp_option options[] = {
	{"errno", OPTION_ERRNO, "LIST", 0,
	 "Try only these errors, such as EMFILE,ECONNRESET; SHORT is fewer bytes than asked for, END the end of the "
	 "stream",
	 1},
	{"calls", OPTION_CALLS, "LIST", 0, "Make only these calls fail, such as connect,accept4", 1},
	{"everywhere", OPTION_EVERYWHERE, NULL, 0,
	 "Also make calls fail that have no frame of your own code on their stack (default: only if no call has one)",
	 1},
	{"skip", OPTION_SKIP, "PATTERN", 0,
	 "Leave out calls with a matching function, file or module on their stack; repeatable", 1},
	{"memory", OPTION_MEMORY, NULL, 0, "Also make malloc, calloc, realloc, posix_memalign and strdup fail", 1},
	{"setup", OPTION_SETUP, "CMD", 0,
	 "Run CMD in the shell before each run, in the network of the run; what it starts is ended with the run", 1},
	{"reset", OPTION_RESET, "CMD", 0, "Run CMD in the shell before each run, in this machine's network", 1},
	{"budget", OPTION_BUDGET, "TIME", 0, "Stop after TIME; the most promising failures are tried first", 1},
	{"timeout", OPTION_TIMEOUT, "TIME", 0,
	 "How long a run may take (default: ten times the undisturbed run, but at least 5s)", 1},
	{"jobs", 'j', "N", 0, "Make N runs at once (default: one per processor)", 1},
	{"resume", OPTION_RESUME, "FILE", 0, "Record in FILE what was tried, and continue from there", 1},
	{"host-network", OPTION_HOST_NETWORK, NULL, 0,
	 "Make all runs in this machine's network, instead of each in its own", 1},
	{"quiet", 'q', NULL, 0, "Write no report to standard error, only those requested with --output", 1},
	{0},
};

/* Splits a list into words, in place. */
static void add_words(struct paths *words, char *list)
{
	char *word;
	while ((word = strsep(&list, ",")))
		paths_add(words, word);
}

static void add_calls(struct explore_arguments *arguments, char *list, struct argp_state *state)
{
	struct paths words = {0};
	if (!arguments->calls_given)
		memset(arguments->wanted.calls, 0, sizeof arguments->wanted.calls);
	arguments->calls_given = true;
	add_words(&words, list);
	for (size_t i = 0; i < words.n; i++) {
		enum faulty call = faulty_find(words.list[i]);
		if (call == FAULTIES)
			argp_error(state, "--calls: '%s' is not a call that can be made to fail", words.list[i]);
		else
			arguments->wanted.calls[call] = true;
	}
	free(words.list);
}

static void add_errors(struct explore_arguments *arguments, char *list, struct argp_state *state)
{
	size_t before = arguments->errors.n;
	add_words(&arguments->errors, list);
	for (size_t i = before; i < arguments->errors.n; i++)
		if (!fault_error_known(arguments->errors.list[i]))
			argp_error(state, "--errno: no call can be made to fail with '%s'", arguments->errors.list[i]);
}

static void need_time(struct argp_state *state, int64_t *ns, const char *option, const char *text)
{
	char *why = read_time(ns, option, text);
	if (why)
		argp_error(state, "%s", why);
	else if (*ns <= 0)
		argp_error(state, "--%s: '%s' is no time at all; leave --%s out for no such limit", option, text,
			   option);
	free(why);
}

static unsigned processors(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct explore_arguments *arguments = state->input;
	struct exploration *wanted = &arguments->wanted;
	char *end;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->settings;
		state->child_inputs[1] = &arguments->limits;
		return 0;
	case OPTION_ERRNO: add_errors(arguments, arg, state); return 0;
	case OPTION_CALLS: add_calls(arguments, arg, state); return 0;
	case OPTION_EVERYWHERE: wanted->everywhere = true; return 0;
	case OPTION_SKIP: paths_add(&arguments->skipped, arg); return 0;
	case OPTION_MEMORY: wanted->memory = true; return 0;
	case OPTION_SETUP: wanted->setup = arg; return 0;
	case OPTION_RESET: wanted->reset = arg; return 0;
	case OPTION_BUDGET: need_time(state, &wanted->budget, "budget", arg); return 0;
	case OPTION_TIMEOUT: need_time(state, &wanted->timeout, "timeout", arg); return 0;
	case OPTION_RESUME: wanted->resume = arg; return 0;
	case OPTION_HOST_NETWORK: wanted->host_network = true; return 0;
	case 'q': arguments->settings.delivery.outputs.quiet = true; return 0;
	case 'j':
		wanted->jobs = (unsigned)strtoul(arg, &end, 10);
		if (*end || *arg < '0' || *arg > '9' || wanted->jobs < 1 || wanted->jobs > 1024)
			argp_error(state, "--jobs wants a number from 1 to 1024, not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		/* What follows belongs to COMMAND, including options. */
		wanted->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no COMMAND to explore"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&settings_argp, 0, NULL, 0}, {&trace_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--] COMMAND [ARG...]",
	.doc = "Run COMMAND undisturbed, learn which calls it makes and from where, then run it again for each call and "
	       "each way that the call can fail, and report what then leaks, is closed twice, is used after close, hangs or dies."
	       "\vExit status: that of --error-exitcode if a violation reaches --fail-on, or 0. 125: SockSan itself "
	       "failed, or COMMAND did not end when undisturbed. 126: COMMAND cannot be run. 127: COMMAND was not found.",
	.children = children,
};

/* Options that are passed to the runs: those that decide what is judged, and whose code it is. */
static char **run_options(const struct explore_arguments *arguments, int argc, char **argv, char **again)
{
	static const char *const passed[] = {"--kinds", "--limit", "--strict", "--own", "--system", "--debug-dir"};
	char **list = xcalloc((size_t)argc + 1, sizeof *list);
	size_t n = 0;
	*again = xstrdup("");
	for (int i = 1; i < argc && argv + i < arguments->wanted.command; i++)
		for (size_t j = 0; j < sizeof passed / sizeof *passed; j++) {
			size_t length = strlen(passed[j]);
			if (strncmp(argv[i], passed[j], length) != 0 || !strchr("=", argv[i][length]))
				continue;
			bool two = !argv[i][length] && strcmp(passed[j], "--strict") != 0;
			list[n++] = two ? xasprintf("%s=%s", argv[i], argv[i + 1]) : xstrdup(argv[i]);
			char *longer = xasprintf("%s%s ", *again, list[n - 1]);
			free(*again);
			*again = longer;
			break;
		}
	return list;
}

static enum delivered report(struct explore_arguments *arguments, json_t *json, const struct explored *explored)
{
	char *text = json_dumps(json, 0);
	struct merge *merge = merge_new();
	char *why = merge_add(merge, "the report", text, strlen(text));
	enum delivered result = DELIVERED_NOT;
	if (why) {
		complain("%s", why);
	} else {
		struct report whole = merge_report(merge);
		whole.explored = explored;
		result = deliver(&arguments->settings.delivery, &whole, stderr);
		merge_report_free(&whole);
	}
	free(why);
	free(text);
	merge_free(merge);
	return result;
}

int cmd_explore(int argc, char **argv)
{
	struct explore_arguments arguments = {.limits = default_limits()};
	struct explored explored = {0};
	struct launch launch;
	char *again;
	argp_err_exit_status = STATUS_RUN_FAILED;
	launch_ignore_pipe(&launch);
	memset(arguments.wanted.calls, true, sizeof arguments.wanted.calls);
	arguments.wanted.jobs = processors();
	if (arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &arguments) != 0)
		return STATUS_RUN_FAILED;
	arguments.wanted.errors = arguments.errors.list;
	arguments.wanted.n_errors = arguments.errors.n;
	arguments.wanted.skipped = arguments.skipped.list;
	arguments.wanted.n_skipped = arguments.skipped.n;
	arguments.wanted.options = run_options(&arguments, argc, argv, &again);
	arguments.wanted.options_again = again;
	enum delivered result = DELIVERED_NOT;
	char *path = path_search(arguments.wanted.command[0]);
	int failed = path ? STATUS_RUN_FAILED : path_refused(arguments.wanted.command[0], NULL, errno);
	if (path && settings_load(&arguments.settings) == 0 &&
	    settings_check_outputs(&arguments.settings, stderr, &(struct paths){0}) == 0) {
		json_t *json = explore(&arguments.wanted, &explored);
		if (json)
			result = report(&arguments, json, &explored);
		json_decref(json);
	}
	explored_free(&explored);
	for (char **option = arguments.wanted.options; *option; option++)
		free(*option);
	free(arguments.wanted.options);
	free(again);
	free(path);
	free(arguments.errors.list);
	free(arguments.skipped.list);
	settings_free(&arguments.settings);
	return settings_status(&arguments.settings, result, failed);
}

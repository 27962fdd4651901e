/* `socksan attach` and `socksan detach`: start and stop observing a running process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/attach/attach.h"
#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/shim_options.h"
#include "analyzer/launch/shim_path.h"

enum { KEY_TRACE_DIR = 0x500, KEY_SHIM_OPTION, KEY_KINDS };

struct attach_arguments {
	pid_t pid;
	const char *trace_dir;
	char *options; /* given to --option, each preceded by ':' */
	struct limits limits;
};

static const struct argp_option attach_options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"trace-dir", KEY_TRACE_DIR, "DIR", 0,
	 "Keep the trace in DIR, which is created if missing (default: a new folder in /tmp)", 0},
	{"option", KEY_SHIM_OPTION, "KEY=VALUE", 0, "Pass an option to the shim, such as stack_depth=32; repeatable",
	 0},
	{"kinds", KEY_KINDS, "KINDS", 0, "Which descriptors are judged: ^, or all (default: socket)", 0},
	{0},
};

static const struct argp_option detach_options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{0},
};

static void read_pid(struct attach_arguments *arguments, const char *word, struct argp_state *state)
{
	if (arguments->pid)
		argp_error(state, "one PID at a time");
	arguments->pid = pick_pid(state, word);
}

static void add_option(struct attach_arguments *arguments, const char *pair, struct argp_state *state)
{
	char *why = NULL, *plain = shim_option(pair, &why);
	if (!plain)
		argp_error(state, "%s", why);
	if (strncmp(plain, "quarantine=", 11) == 0 || strncmp(plain, "board=", 6) == 0)
		argp_error(state, "--option=%s: works only from the start of a program: use `socksan run`", pair);
	char *all = xasprintf("%s:%s", arguments->options, plain);
	free(plain);
	free(arguments->options);
	arguments->options = all;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct attach_arguments *arguments = state->input;
	char *why;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case KEY_TRACE_DIR:
		if (!*arg)
			argp_error(state, "--trace-dir wants a folder");
		arguments->trace_dir = arg;
		return 0;
	case KEY_SHIM_OPTION: add_option(arguments, arg, state); return 0;
	case KEY_KINDS:
		why = read_kinds(&arguments->limits, arg);
		if (why)
			argp_error(state, "%s", why);
		return 0;
	case ARGP_KEY_ARG: read_pid(arguments, arg, state); return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no PID"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* Inserts the kinds for the ^ in the description of --kinds. */
static char *add_kinds(int key, const char *text, void *input)
{
	const char *at = key == KEY_KINDS ? strchr(text, '^') : NULL;
	(void)input;
	if (!at)
		return (char *)text;
	char *words = kinds_text(), *whole = xasprintf("%.*s%s%s", (int)(at - text), text, words, at + 1);
	free(words);
	return whole;
}

static const struct argp attach_argp = {
	.options = attach_options,
	.parser = parse,
	.args_doc = "PID",
	.doc = "Start observing a process that is already running: what it opens, uses and closes is recorded as under "
	       "`socksan run`. What it already has open is adopted, and is never reported as a leak. One of its threads is stopped "
	       "for a few ms while it waits in a system call; the others keep running. Then use `socksan top PID`, "
	       "`socksan snapshot PID` and `socksan report DIR`."
	       "\vExit status: 0, or 2 if the process cannot be attached to; a message says why.",
	.help_filter = add_kinds,
};

static const struct argp detach_argp = {
	.options = detach_options,
	.parser = parse,
	.args_doc = "PID",
	.doc = "Stop observing a process that `socksan attach` attached to: it calls libc as before, and its trace ends. "
	       "It can be attached to again."
	       "\vExit status: 0, or 2 if the process is not attached to or cannot be stopped.",
};

static void print_kept(int64_t ns)
{
	char *time = time_text(ns);
	printf("one thread was stopped for %s\n", time);
	free(time);
}

int cmd_attach(int argc, char **argv)
{
	struct attach_arguments arguments = {.options = xstrdup(""), .limits = default_limits()};
	struct attachment attachment = {0};
	int result = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&attach_argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	char *shim = shim_path(), *kinds = kinds_list(arguments.limits.kinds),
	     *options = xasprintf(":kinds=%s%s", kinds, arguments.options);
	if (shim && attach(arguments.pid, shim, arguments.trace_dir, options, &attachment) == 0) {
		printf("attached to %s: its trace is in %s; ", attachment.who, attachment.folder);
		print_count(stdout, attachment.adopted, "descriptor");
		printf(attachment.adopted == 1 ? " was already open; " : " were already open; ");
		print_kept(attachment.kept);
		result = 0;
	}
	free(attachment.folder);
	free(attachment.who);
	free(shim);
	free(kinds);
	free(options);
	free(arguments.options);
	return result;
}

int cmd_detach(int argc, char **argv)
{
	struct attach_arguments arguments = {.options = xstrdup("")};
	struct attachment attachment = {0};
	int result = STATUS_UNUSABLE;
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&detach_argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	if (detach(arguments.pid, &attachment) == 0) {
		printf("detached from %s; ", attachment.who);
		print_kept(attachment.kept);
		result = 0;
	}
	free(attachment.who);
	free(arguments.options);
	return result;
}

/* `socksan diff`: what grew between two snapshots.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/cli/settings.h"
#include "analyzer/live/comparison.h"

enum { KEY_MAX = 0x100, KEY_LEAST, KEY_FULL_STACKS };

/* As diff(1) has it. */
enum { STATUS_SAME = 0, STATUS_GREW = 1 };

struct diff_arguments {
	const char *paths[2];
	size_t n, max, least;
	bool json, full_stacks;
};

static const struct argp_option options[] = {
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, /* as --help */
	{"format", 'f', "text|json", 0, "What is written (default: text)", 0},
	{"least", KEY_LEAST, "N", 0, "A place has grown if it has at least N more open (default: 1)", 0},
	{"max", KEY_MAX, "N", 0, "In text, show the N places that grew most; 0 shows all (default: 20)", 0},
	{"full-stacks", KEY_FULL_STACKS, NULL, 0, "Show every frame of each stack, not only the first few", 0},
	{0},
};

static size_t read_number(struct argp_state *state, const char *option, const char *text, size_t least)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < least || n > INT32_MAX)
		argp_error(state, "--%s wants a number from %zu on, not '%s'", option, least, text);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct diff_arguments *arguments = state->input;
	switch (key) {
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'f':
		arguments->json = strcmp(arg, "json") == 0;
		if (!arguments->json && strcmp(arg, "text") != 0)
			argp_error(state, "no format '%s'; there are text json", arg);
		return 0;
	case KEY_MAX: arguments->max = read_number(state, "max", arg, 0); return 0;
	case KEY_LEAST: arguments->least = read_number(state, "least", arg, 1); return 0;
	case KEY_FULL_STACKS: arguments->full_stacks = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->n == 2)
			argp_error(state, "two snapshots, no more");
		arguments->paths[arguments->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (arguments->n < 2)
			argp_error(state, "two snapshots are compared; `socksan snapshot --format=json` makes one");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "A.json B.json",
	.doc = "Show what grew from one snapshot to another, by the place that opened it. A place is known again by "
	       "the functions "
	       "and files of your own code, also after a restart or an edit elsewhere. \"-\" is standard input."
	       "\vExit status, as of diff(1): 0 if no place grew, 1 if one did, 2 for unusable arguments or input.",
	.children = children,
};

/* NULL, and said why. */
static json_t *load(const char *path)
{
	const char *name = strcmp(path, "-") == 0 ? "<standard input>" : path;
	size_t n;
	char *text = read_file(path, &n), *why = NULL;
	json_t *json = text ? snapshot_parse(name, text, n, &why) : NULL;
	if (!text)
		why = xasprintf("%s: %s", name, strerror(errno));
	free(text);
	if (why)
		complain("%s", why);
	free(why);
	return json;
}

int cmd_diff(int argc, char **argv)
{
	struct diff_arguments arguments = {.max = 20, .least = 1};
	argp_err_exit_status = STATUS_UNUSABLE;
	if (arguments_parse(&argp, argc, argv, 0, &arguments) != 0)
		return STATUS_UNUSABLE;
	json_t *before = load(arguments.paths[0]), *after = load(arguments.paths[1]);
	if (!before || !after) {
		json_decref(before);
		json_decref(after);
		return STATUS_UNUSABLE;
	}
	struct comparison comparison;
	int status = STATUS_UNUSABLE;
	char *why = compare(&comparison, before, after, (int64_t)arguments.least);
	if (why)
		complain("%s", why);
	else if ((arguments.json ? comparison_json(stdout, &comparison)
				 : comparison_text(stdout, &comparison, arguments.max, arguments.full_stacks)) == 0)
		status = comparison.grew ? STATUS_GREW : STATUS_SAME;
	free(why);
	comparison_free(&comparison);
	return status;
}

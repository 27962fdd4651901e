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
#include "analyzer/cli/settings.h"
#include "analyzer/live/comparison.h"
#include "analyzer/live/open_file.h"
#include "analyzer/live/snapshot.h"

enum { KEY_LEAST = 0x100 };

/* As diff(1) has it. */
enum { STATUS_SAME = 0, STATUS_GREW = 1 };

struct diff_arguments {
	struct look_arguments look;
	const char *paths[2];
	size_t n, least;
	bool json;
};

static const struct argp_option options[] = {
	ROW_HELP,
	{"format", 'f', "text|json", 0, "What is written (default: text)", 0},
	{"least", KEY_LEAST, "N", 0, "A place has grown if it has at least N more open (default: 1)", 0},
	ROW_MAX,
	ROW_FULL_STACKS,
	{0},
};

static const char *format_word(size_t format)
{
	static const char *const words[] = {"text", "json"};
	return format < 2 ? words[format] : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct diff_arguments *arguments = state->input;
	switch (key) {
	case 'f': arguments->json = pick_name(state, "format", arg, format_word); return 0;
	case KEY_LEAST: arguments->least = pick_number(state, "least", arg, 1, INT32_MAX); return 0;
	case ARGP_KEY_ARG:
		if (arguments->n == 2)
			argp_error(state, "two snapshots, no more");
		arguments->paths[arguments->n++] = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: return 0;
	case ARGP_KEY_END:
		if (arguments->n < 2)
			argp_error(state, "two snapshots are compared; `socksan snapshot --format=json` makes one");
		return 0;
	default: return look_parse(key, arg, state, &arguments->look);
	}
}

static const struct argp_child children[] = {{&code_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "A.json B.json",
	.doc = "Show what grew from one snapshot to another, by the place that opened it. A place is recognized "
	       "by the functions and files of your own code, also after a restart or an edit elsewhere. "
	       "\"-\" is standard input."
	       "\vExit status, as of diff(1): 0 if no place grew, 1 if one did, 2 for unusable arguments or input.",
	.children = children,
};

/* What a process wrote of itself, as a snapshot. NULL: `*why`. */
static json_t *snapshot_of_file(const char *name, const char *text, size_t n, char **why)
{
	struct open_file *file = open_file_parse(name, text, n, why);
	json_t *json = NULL;
	char *snapshot = NULL;
	size_t length;
	FILE *out = file ? memstream(&snapshot, &length) : NULL;
	if (out && (snapshot_json(out, open_file_census(file)) | fclose(out)) == 0)
		json = snapshot_parse(name, snapshot, length, why);
	free(snapshot);
	open_file_free(file);
	return json;
}

/* NULL with the message written. */
static json_t *load(const char *path)
{
	const char *name = strcmp(path, "-") == 0 ? "<standard input>" : path;
	size_t n;
	char *text = read_file(path, &n), *why = NULL;
	json_t *json = NULL;
	if (text)
		json = (is_open_file(text, n) ? snapshot_of_file : snapshot_parse)(name, text, n, &why);
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
	struct diff_arguments arguments = {.look.max = 20, .least = 1};
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
	else if ((arguments.json
			  ? comparison_json(stdout, &comparison)
			  : comparison_text(stdout, &comparison, arguments.look.max, arguments.look.full_stacks)) == 0)
		status = comparison.grew ? STATUS_GREW : STATUS_SAME;
	free(why);
	comparison_free(&comparison);
	return status;
}

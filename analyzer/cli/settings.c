/* The options that `socksan run`, `socksan report` and `socksan merge` share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/cli/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/symbols/debug_files.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/base/util.h"

enum {
	KEY_FAIL_ON = 0x100,
	KEY_ERROR_EXITCODE,
	KEY_LIMIT,
	KEY_SUPPRESSIONS,
	KEY_BASELINE,
	KEY_WRITE_BASELINE,
	KEY_FULL_STACKS,
	KEY_ALLOW_DROPPED,
	KEY_DEBUG_DIR
};

/* Option, short form, argument, meaning; the default is in defaults(). */
static const struct argp_option options[] = {
	{"format", 'f', "FMT", 0, "The format of the report (default: text); the formats are listed below", 0},
	{"output", 'o', "FMT=FILE", 0, "Write that format to FILE too; repeatable", 0},
	{"fail-on", KEY_FAIL_ON, "LIST", 0,
	 "What fails: error, warning, never, or a comma list of codes (default: error)", 0},
	{"error-exitcode", KEY_ERROR_EXITCODE, "N", 0, "Exit status when something fails (default: 23)", 0},
	{"suppressions", KEY_SUPPRESSIONS, "FILE", 0,
	 "Do not count violations that a line CODE:PATTERN of FILE matches; repeatable", 0},
	{"baseline", KEY_BASELINE, "REPORT.json", 0,
	 "Violations that are in this JSON report are known, and do not fail; repeatable", 0},
	{"write-baseline", KEY_WRITE_BASELINE, "FILE", 0, "Write a report for --baseline, as --output=json=FILE does",
	 0},
	{"allow-dropped", KEY_ALLOW_DROPPED, NULL, 0,
	 "Events that were not recorded are told, and do not make the exit status 24", 0},
	{"full-stacks", KEY_FULL_STACKS, NULL, 0, "Show every frame of each stack, not only the first ones", 0},
	{0},
};

/* Of those that read traces. */
static const struct argp_option trace_options[] = {
	{"limit", KEY_LIMIT, "CODE=TIME", 0,
	 "How long is too long, in ms, s, min or h; repeatable (default: @; "
	 "waits and silences are recorded from 100ms on)",
	 0},
	{"debug-dir", KEY_DEBUG_DIR, "DIR", 0,
	 "Look in DIR too for programs, libraries and their debug files, before /usr/lib/debug; repeatable", 0},
	{0},
};

static void defaults(struct settings *settings)
{
	*settings = (struct settings){.format = FORMAT_text,
				      .fail_severity = {[SEVERITY_ERROR] = true},
				      .error_exitcode = 23};
}

/* Ends the program when something is wrong with a value. */
static void need(struct argp_state *state, char *why)
{
	if (why)
		argp_error(state, "%s", why);
	free(why);
}

static void add_output(struct settings *settings, struct output output)
{
	settings->outputs = xreallocarray(settings->outputs, settings->n_outputs + 1, sizeof *settings->outputs);
	settings->outputs[settings->n_outputs++] = output;
}

static void add_path(const char ***paths, size_t *n, const char *path)
{
	*paths = xreallocarray(*paths, *n + 1, sizeof **paths);
	(*paths)[(*n)++] = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *settings = state->input;
	struct output output = {0};
	switch (key) {
	case ARGP_KEY_INIT: defaults(settings); return 0;
	case 'f': need(state, read_format(&settings->format, arg)); return 0;
	case 'o':
		need(state, read_output(&output, arg));
		add_output(settings, output);
		return 0;
	case KEY_FAIL_ON: need(state, read_fail_on(settings, arg)); return 0;
	case KEY_ERROR_EXITCODE: need(state, read_exitcode(&settings->error_exitcode, arg)); return 0;
	case KEY_SUPPRESSIONS: add_path(&settings->suppressions.paths, &settings->suppressions.n, arg); return 0;
	case KEY_BASELINE: add_path(&settings->baseline.paths, &settings->baseline.n, arg); return 0;
	case KEY_WRITE_BASELINE: add_output(settings, (struct output){FORMAT_json, arg}); return 0;
	case KEY_FULL_STACKS: settings->full_stacks = true; return 0;
	case KEY_ALLOW_DROPPED: settings->allow_dropped = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_trace(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_LIMIT: need(state, read_limit(state->input, arg)); return 0;
	case KEY_DEBUG_DIR:
		if (access(arg, X_OK) < 0)
			argp_error(state, "--debug-dir: %s: %s", arg, strerror(errno));
		debug_files_add_folder(arg);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* -- files ---------------------------------------------------------------------------------------------------- */

/* Gives the content of a file to `take`, which says what is wrong with it. */
static int load(const char *path, char *(*take)(struct settings *, const char *name, const char *text, size_t n),
		struct settings *settings, const char *option)
{
	const char *name = strcmp(path, "-") == 0 ? "<standard input>" : path;
	size_t n;
	char *text = read_file(path, &n);
	char *why = text ? take(settings, name, text, n) : xasprintf("%s: %s", name, strerror(errno));
	free(text);
	if (!why)
		return 0;
	complain("--%s: %s", option, why);
	free(why);
	return -1;
}

static char *take_suppressions(struct settings *settings, const char *name, const char *text, size_t n)
{
	return suppressions_add(settings->suppressions.all, name, text, n);
}

static char *take_baseline(struct settings *settings, const char *name, const char *text, size_t n)
{
	return baseline_add(settings->baseline.all, name, text, n);
}

int settings_load(struct settings *settings)
{
	int result = 0;
	settings->suppressions.all = suppressions_new();
	settings->baseline.all = baseline_new();
	for (size_t i = 0; i < settings->suppressions.n; i++)
		result |= load(settings->suppressions.paths[i], take_suppressions, settings, "suppressions");
	for (size_t i = 0; i < settings->baseline.n; i++)
		result |= load(settings->baseline.paths[i], take_baseline, settings, "baseline");
	return result;
}

void settings_free(struct settings *settings)
{
	suppressions_free(settings->suppressions.all);
	baseline_free(settings->baseline.all);
	free(settings->suppressions.paths);
	free(settings->baseline.paths);
	free(settings->outputs);
}

/* The doc of the commands' help, with the formats. */
static const char doc[] = "\vFormats:\n"
#define FORMAT(name, meaning) "  " #name ": " meaning "\n"
#include "analyzer/report/format.def"
#undef FORMAT
	;

const struct argp settings_argp = {.options = options, .parser = parse, .doc = doc};

/* The default limits, for the @ in the meaning of --limit. */
static char *add_limits(int key, const char *text, void *input)
{
	const char *at = key == KEY_LIMIT ? strchr(text, '@') : NULL;
	(void)input;
	if (!at)
		return (char *)text;
	char *limits = limits_text(), *whole = xasprintf("%.*s%s%s", (int)(at - text), text, limits, at + 1);
	free(limits);
	return whole;
}

const struct argp trace_argp = {.options = trace_options, .parser = parse_trace, .help_filter = add_limits};

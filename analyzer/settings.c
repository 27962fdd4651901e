/* The options that `socksan run`, `socksan report` and `socksan merge` share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/debug_files.h"
#include "analyzer/util.h"

enum {
	KEY_FAIL_ON = 0x100,
	KEY_ERROR_EXITCODE,
	KEY_LIMIT,
	KEY_SUPPRESSIONS,
	KEY_BASELINE,
	KEY_WRITE_BASELINE,
	KEY_FULL_STACKS,
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
	{"full-stacks", KEY_FULL_STACKS, NULL, 0, "Show every frame of each stack, not only the first ones", 0},
	{0},
};

/* Of those that read traces. */
static const struct argp_option trace_options[] = {
	{"limit", KEY_LIMIT, "CODE=TIME", 0,
	 "How long is too long, in ms, s, min or h; repeatable (default: close-wait=5s, idle=1min, no-timeout=10s; "
	 "waits and "
	 "silences amid a connection are recorded from 1s on)",
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

static const char *fail_word(size_t i)
{
	static const char *const words[] = {"error", "warning", "never"};
	return i < 3 ? words[i] : i - 3 < VIOLATION_COUNT ? violations[i - 3].slug : NULL;
}

static const char *format_at(size_t i) { return i < FORMAT_COUNT ? formats[i].name : NULL; }

static enum report_format read_format(struct argp_state *state, const char *name, size_t n)
{
	int format = format_find(name, n);
	if (format < 0) {
		char *word = strndup(name, n);
		const char *near = nearest(word, format_at);
		argp_error(state, "no format '%s'%s%s%s there are%s", word, near ? "; did you mean '" : ";",
			   near ? near : "", near ? "'?" : "", format_names);
		free(word);
	}
	return (enum report_format)format;
}

static void add_output(struct settings *settings, enum report_format format, const char *path)
{
	settings->outputs = xreallocarray(settings->outputs, settings->n_outputs + 1, sizeof *settings->outputs);
	settings->outputs[settings->n_outputs++] = (struct output){format, path};
}

static void read_output(struct argp_state *state, struct settings *settings, const char *arg)
{
	const char *equals = strchr(arg, '=');
	if (!equals || !equals[1]) {
		argp_error(state, "--output wants FMT=FILE, for one json=report.json, not '%s'", arg);
		return;
	}
	add_output(settings, read_format(state, arg, (size_t)(equals - arg)), equals + 1);
}

static void add_path(const char ***paths, size_t *n, const char *path)
{
	*paths = xreallocarray(*paths, *n + 1, sizeof **paths);
	(*paths)[(*n)++] = path;
}

static void read_fail_on(struct argp_state *state, struct settings *settings, const char *arg)
{
	char *list = xstrdup(arg), *rest = list, *word;
	memset(settings->fail_severity, 0, sizeof settings->fail_severity);
	memset(settings->fail_code, 0, sizeof settings->fail_code);
	while ((word = strsep(&rest, ","))) {
		bool alone = word == list && !rest;
		int code = violation_find(word);
		if (code >= 0) {
			settings->fail_code[code] = true;
		} else if (strcmp(word, "error") == 0) {
			settings->fail_severity[SEVERITY_ERROR] = true;
		} else if (strcmp(word, "warning") == 0) {
			settings->fail_severity[SEVERITY_ERROR] = settings->fail_severity[SEVERITY_WARNING] = true;
		} else if (strcmp(word, "never") != 0 || !alone) {
			const char *near = nearest(word, fail_word);
			if (strcmp(word, "never") == 0)
				argp_error(state, "--fail-on: 'never' stands alone");
			argp_error(state, "--fail-on: no code '%s'%s%s%s `socksan explain` lists them.", word,
				   near ? "; did you mean '" : ".", near ? near : "", near ? "'?" : "");
		}
	}
	free(list);
}

static int read_exitcode(struct argp_state *state, const char *arg)
{
	char *end;
	errno = 0;
	long n = strtol(arg, &end, 10);
	if (errno || *arg < '0' || *arg > '9' || *end || n > 255)
		argp_error(state, "--error-exitcode wants a number from 0 to 255, not '%s'", arg);
	return (int)n;
}

/* "close-wait=5s" */
static void read_limit(struct argp_state *state, struct limits *limits, const char *arg)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
	const char *equals = strchr(arg, '=');
	if (!equals) {
		argp_error(state, "--limit wants CODE=TIME, for one close-wait=5s, not '%s'", arg);
		return;
	}
	char *word = strndup(arg, (size_t)(equals - arg)), *unit;
	int code = violation_find(word);
	if (code < 0 || !default_limits.ns[code])
		argp_error(state, "--limit: %s '%s'; close-wait, idle and no-timeout have one",
			   code < 0 ? "no code" : "no limit for", word);
	free(word);
	double n = strtod(equals + 1, &unit);
	size_t i = 0;
	while (i < sizeof units / sizeof *units && strcmp(unit, units[i].name) != 0)
		i++;
	bool number = equals[1] >= '0' && equals[1] <= '9' && !strpbrk(equals + 1, "xX");
	if (!number || i == sizeof units / sizeof *units || n * units[i].ns > 9e18) {
		argp_error(state, "--limit: '%s' is no time; it wants a number and ms, s, min or h, for one 500ms",
			   equals + 1);
		return;
	}
	limits->ns[code] = (int64_t)(n * units[i].ns);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *settings = state->input;
	switch (key) {
	case ARGP_KEY_INIT: defaults(settings); return 0;
	case 'f': settings->format = read_format(state, arg, strlen(arg)); return 0;
	case 'o': read_output(state, settings, arg); return 0;
	case KEY_FAIL_ON: read_fail_on(state, settings, arg); return 0;
	case KEY_ERROR_EXITCODE: settings->error_exitcode = read_exitcode(state, arg); return 0;
	case KEY_SUPPRESSIONS: add_path(&settings->suppressions.paths, &settings->suppressions.n, arg); return 0;
	case KEY_BASELINE: add_path(&settings->baseline.paths, &settings->baseline.n, arg); return 0;
	case KEY_WRITE_BASELINE: add_output(settings, FORMAT_json, arg); return 0;
	case KEY_FULL_STACKS: settings->full_stacks = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_trace(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_LIMIT: read_limit(state, state->input, arg); return 0;
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
#include "analyzer/format.def"
#undef FORMAT
	;

const struct argp settings_argp = {.options = options, .parser = parse, .doc = doc};

const struct argp trace_argp = {.options = trace_options, .parser = parse_trace};

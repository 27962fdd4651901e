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
#include "analyzer/symbols/user_code.h"
#include "analyzer/cli/arguments.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/option_values.h"
#include "analyzer/base/util.h"

enum {
	KEY_FAIL_ON = 0x100,
	KEY_ERROR_EXITCODE,
	KEY_LIMIT,
	KEY_KINDS,
	KEY_SUPPRESSIONS,
	KEY_NO_DEFAULTS,
	KEY_GENERATE,
	KEY_BASELINE,
	KEY_WRITE_BASELINE,
	KEY_ALLOW_DROPPED,
	KEY_MAX,
	KEY_DEBUG_DIR,
	KEY_OWN,
	KEY_SYSTEM,
	KEY_STRICT
};

/* Option, short form, argument, meaning; the default is in defaults(). */
static const struct argp_option options[] = {
	ROW_HELP,
	{"format", 'f', "FMT", 0, "Report format, one of those listed below (default: text)", 0},
	{"output", 'o', "FMT=FILE", 0, "Also write a report in that format to FILE; repeatable", 0},
	{"fail-on", KEY_FAIL_ON, "LIST", 0,
	 "What fails: error, warning, never, or a comma-separated list of codes (default: error)", 0},
	{"error-exitcode", KEY_ERROR_EXITCODE, "N", 0, "Exit status on failure (default: 23)", 0},
	{"suppressions", KEY_SUPPRESSIONS, "FILE", 0,
	 "Ignore violations that a line CODE:PATTERN of FILE matches; repeatable", 0},
	{"no-default-suppressions", KEY_NO_DEFAULTS, NULL, 0,
	 "Also count what runtimes do by design, such as the JDK's marker socket", 0},
	{"generate-suppressions", KEY_GENERATE, "FILE", OPTION_ARG_OPTIONAL,
	 "Write lines for --suppressions that match what is reported, to FILE or in place of the report", 0},
	{"baseline", KEY_BASELINE, "REPORT.json", 0,
	 "Violations in this JSON report are known, and do not fail; repeatable", 0},
	{"write-baseline", KEY_WRITE_BASELINE, "FILE", 0,
	 "Write a report to use with --baseline (same as --output=json=FILE)", 0},
	{"allow-dropped", KEY_ALLOW_DROPPED, NULL, 0,
	 "Report events that were not recorded, but do not exit with 24 because of them", 0},
	{"max", KEY_MAX, "N", 0,
	 "In text, show the N violations that matter most, and count the others; 0 shows all (default: 20)", 0},
	ROW_FULL_STACKS,
	{0},
};

/* Options of commands that read traces. */
static const struct argp_option trace_options[] = {
	{"limit", KEY_LIMIT, "CODE=TIME", 0,
	 "Time limit of a code, in ms, s, min or h; repeatable (default: @; "
	 "waits and silences are recorded from 100ms on)",
	 0},
	{"kinds", KEY_KINDS, "KINDS", 0, "Which descriptors are judged: ^, or all (default: socket)", 0},
	{"strict", KEY_STRICT, NULL, 0,
	 "Report every violation at its full severity, regardless of whose code it is in", 0},
	{0},
};

/* Options of commands that show code. */
static const struct argp_option code_options[] = {
	{"own", KEY_OWN, "PATTERN", 0,
	 "Code in files and modules that match is your own; repeatable, the last that matches counts", 0},
	{"system", KEY_SYSTEM, "PATTERN", 0,
	 "Code in files and modules that match is not your own; repeatable, the last that matches counts", 0},
	{"debug-dir", KEY_DEBUG_DIR, "DIR", 0,
	 "Also look in DIR for programs, libraries and debug files, before /usr/lib/debug; repeatable", 0},
	{0},
};

static void defaults(struct settings *settings)
{
	*settings = (struct settings){
		.delivery = {.criteria.fail_severity[SEVERITY_ERROR] = true, .outputs.format = FORMAT_text, .max = 20},
		.error_exitcode = 23,
	};
}

static void add_output(struct outputs *outputs, struct output output)
{
	outputs->list = xreallocarray(outputs->list, outputs->n + 1, sizeof *outputs->list);
	outputs->list[outputs->n++] = output;
}

void paths_add(struct paths *paths, const char *path)
{
	paths->list = xreallocarray(paths->list, paths->n + 1, sizeof *paths->list);
	paths->list[paths->n++] = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *settings = state->input;
	if (!settings) /* only asked for its help */
		return ARGP_ERR_UNKNOWN;
	struct criteria *criteria = &settings->delivery.criteria;
	struct outputs *outputs = &settings->delivery.outputs;
	struct output output = {0};
	switch (key) {
	case ARGP_KEY_INIT: defaults(settings); return 0;
	case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
	case 'f': need(state, read_format(&outputs->format, arg)); return 0;
	case 'o':
		need(state, read_output(&output, arg));
		add_output(outputs, output);
		return 0;
	case KEY_FAIL_ON: need(state, read_fail_on(criteria, arg)); return 0;
	case KEY_ERROR_EXITCODE:
		need(state, read_exitcode(&settings->error_exitcode, arg));
		settings->delivery.forgiving = settings->error_exitcode == 0;
		return 0;
	case KEY_SUPPRESSIONS: paths_add(&settings->suppressions, arg); return 0;
	case KEY_NO_DEFAULTS: criteria->no_defaults = true; return 0;
	case KEY_GENERATE:
		if (!arg)
			outputs->format = FORMAT_suppressions;
		else if (!*arg)
			argp_error(state, "--generate-suppressions= wants a FILE after the =");
		else
			add_output(outputs, (struct output){FORMAT_suppressions, arg});
		return 0;
	case KEY_BASELINE: paths_add(&settings->baselines, arg); return 0;
	case KEY_WRITE_BASELINE:
		if (!*arg)
			argp_error(state, "--write-baseline= wants a FILE after the =");
		add_output(outputs, (struct output){FORMAT_json, arg});
		return 0;
	case KEY_LOOK_FULL_STACKS: settings->delivery.full_stacks = true; return 0;
	case KEY_MAX: need(state, read_max(&settings->delivery.max, arg)); return 0;
	case KEY_ALLOW_DROPPED: criteria->allow_dropped = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_trace(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_LIMIT: need(state, read_limit(state->input, arg)); return 0;
	case KEY_KINDS: need(state, read_kinds(state->input, arg)); return 0;
	case KEY_STRICT: ((struct limits *)state->input)->strict = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_code(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_OWN:
	case KEY_SYSTEM:
		if (!*arg || *arg == '-') /* the next option, or the end of them */
			argp_error(state, "--%s wants a pattern, such as /opt/shop/, not '%s'",
				   key == KEY_OWN ? "own" : "system", arg);
		user_code_except(arg, key == KEY_OWN);
		return 0;
	case KEY_DEBUG_DIR:
		if (access(arg, X_OK) < 0)
			argp_error(state, "--debug-dir: %s: %s", arg, strerror(errno));
		debug_files_add_folder(arg);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* -- files ---------------------------------------------------------------------------------------------------- */

/* Passes the content of each file to `take`, which returns what is wrong with it. */
static int load(const struct paths *paths,
		char *(*take)(struct criteria *, const char *name, const char *text, size_t n),
		struct criteria *criteria, const char *option)
{
	int result = 0;
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->list[i], *name = strcmp(path, "-") == 0 ? "<standard input>" : path;
		size_t n;
		char *text = read_file(path, &n);
		char *why = text ? take(criteria, name, text, n) : xasprintf("%s: %s", name, strerror(errno));
		free(text);
		if (!why)
			continue;
		complain("--%s: %s", option, why);
		free(why);
		result = -1;
	}
	return result;
}

static char *take_suppressions(struct criteria *criteria, const char *name, const char *text, size_t n)
{
	return suppressions_add(criteria->suppressions, name, text, n);
}

static char *take_baseline(struct criteria *criteria, const char *name, const char *text, size_t n)
{
	return baseline_add(criteria->baseline, name, text, n);
}

int settings_load(struct settings *settings)
{
	struct criteria *criteria = &settings->delivery.criteria;
	criteria->suppressions = suppressions_new();
	criteria->baseline = baseline_new();
	criteria->has_baseline = settings->baselines.n > 0;
	int result = load(&settings->suppressions, take_suppressions, criteria, "suppressions");
	return result | load(&settings->baselines, take_baseline, criteria, "baseline");
}

int settings_check_outputs(const struct settings *settings, FILE *main_output, const struct paths *traces)
{
	const struct inputs inputs[] = {
		{traces->list, traces->n, "a trace that is read", false},
		{settings->suppressions.list, settings->suppressions.n, "a file of suppressions", false},
		{settings->baselines.list, settings->baselines.n, "a baseline, which is JSON", true},
	};
	return outputs_check(&settings->delivery.outputs, main_output, inputs, sizeof inputs / sizeof *inputs);
}

int settings_status(const struct settings *settings, enum delivered delivered, int failed)
{
	switch (delivered) {
	case DELIVERED_NOT: return failed;
	case DELIVERED_FAILING: return settings->error_exitcode;
	case DELIVERED_INCOMPLETE: return STATUS_INCOMPLETE;
	case DELIVERED_CLEAN: break;
	}
	return 0;
}

void settings_free(struct settings *settings)
{
	suppressions_free(settings->delivery.criteria.suppressions);
	baseline_free(settings->delivery.criteria.baseline);
	free(settings->suppressions.list);
	free(settings->baselines.list);
	free(settings->delivery.outputs.list);
}

/* The end of the help text, with the formats. */
static const char doc[] = "\vFormats:\n"
#define FORMAT(name, syntax, meaning) "  " #name ": " meaning "\n"
#include "analyzer/report/format.def"
#undef FORMAT
	;

const struct argp settings_argp = {.options = options, .parser = parse, .doc = doc};

/* Replaces @ in the meaning of --limit by the default limits, and ^ in that of --kinds by the kinds. */
static char *add_words(int key, const char *text, void *input)
{
	const char *at = key == KEY_LIMIT ? strchr(text, '@') : key == KEY_KINDS ? strchr(text, '^') : NULL;
	(void)input;
	if (!at)
		return (char *)text;
	char *words = key == KEY_LIMIT ? limits_text() : kinds_text(),
	     *whole = xasprintf("%.*s%s%s", (int)(at - text), text, words, at + 1);
	free(words);
	return whole;
}

const struct argp code_argp = {.options = code_options, .parser = parse_code};

static const struct argp_child trace_children[] = {{&code_argp, 0, NULL, 0}, {0}};

const struct argp trace_argp = {.options = trace_options,
				.parser = parse_trace,
				.help_filter = add_words,
				.children = trace_children};

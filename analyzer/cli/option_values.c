/* Parses the values of options: see option_values.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/cli/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "shim/model/kinds.h"

static const char *fail_word(size_t i)
{
	static const char *const words[] = {"error", "warning", "never"};
	return i < 3 ? words[i] : violation_name(VIOLATION_none + 1 + (unsigned)i - 3);
}

static const char *format_at(size_t i) { return i < FORMAT_COUNT ? formats[i].name : NULL; }

/* Looks at the first `n` bytes only. */
static char *read_format_name(enum report_format *format, const char *text, size_t n)
{
	int found = format_find(text, n);
	if (found >= 0) {
		*format = (enum report_format)found;
		return NULL;
	}
	char *word = strndup(text, n);
	char *near = did_you_mean(word, format_at, ";");
	char *why = xasprintf("no format '%s'%s there are%s", word, near, format_names);
	free(near);
	free(word);
	return why;
}

char *read_format(enum report_format *format, const char *text) { return read_format_name(format, text, strlen(text)); }

char *read_output(struct output *output, const char *text)
{
	const char *equals = strchr(text, '=');
	if (!equals || !equals[1])
		return xasprintf("--output wants FMT=FILE, such as json=report.json, not '%s'", text);
	output->path = equals + 1;
	return read_format_name(&output->format, text, (size_t)(equals - text));
}

/* Handles one word of the list. */
static char *read_fail_word(struct criteria *criteria, const char *word, bool alone)
{
	enum violation code = violation_find(word);
	if (code) {
		criteria->fail_code[code] = true;
	} else if (strcmp(word, "error") == 0) {
		criteria->fail_severity[SEVERITY_ERROR] = true;
	} else if (strcmp(word, "warning") == 0) {
		criteria->fail_severity[SEVERITY_ERROR] = criteria->fail_severity[SEVERITY_WARNING] = true;
	} else if (strcmp(word, "never") == 0) {
		return alone ? NULL : xstrdup("--fail-on: 'never' stands alone");
	} else {
		char *near = did_you_mean(word, fail_word, ".");
		char *why = xasprintf("--fail-on: no code '%s'%s `socksan explain` lists them.", word, near);
		free(near);
		return why;
	}
	return NULL;
}

char *read_fail_on(struct criteria *criteria, const char *text)
{
	char *list = xstrdup(text), *rest = list, *word, *why = NULL;
	memset(criteria->fail_severity, 0, sizeof criteria->fail_severity);
	memset(criteria->fail_code, 0, sizeof criteria->fail_code);
	while (!why && (word = strsep(&rest, ",")))
		why = read_fail_word(criteria, word, word == list && !rest);
	free(list);
	return why;
}

char *read_exitcode(int *exitcode, const char *text)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n > 255)
		return xasprintf("--error-exitcode wants a number from 0 to 255, not '%s'", text);
	*exitcode = (int)n;
	return NULL;
}

char *read_max(size_t *max, const char *text)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end)
		return xasprintf("--max wants a number, 0 for all, not '%s'", text);
	*max = n;
	return NULL;
}

static const struct time_unit {
	const char *name;
	int64_t ns;
} units[] = {{"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000}};

/* The codes that have a limit, with a separator; `values`: each with its default. */
static char *list_limits(bool values, const char *last_comma)
{
	struct limits limits = default_limits();
	size_t n = 0, i = 0, length;
	char *text;
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++)
		n += limits.ns[code] > 0;
	FILE *out = memstream(&text, &length);
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		if (!limits.ns[code])
			continue;
		fprintf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : last_comma, violations[code].slug);
		i++;
		const struct time_unit *unit = &units[sizeof units / sizeof *units - 1];
		while (limits.ns[code] % unit->ns)
			unit--;
		if (values)
			fprintf(out, "=%lld%s", (long long)(limits.ns[code] / unit->ns), unit->name);
	}
	fclose(out);
	return text;
}

char *limits_text(void) { return list_limits(true, ", "); }

char *read_time(int64_t *ns, const char *option, const char *text)
{
	char *unit;
	double n = strtod(text, &unit);
	size_t i = 0;
	while (i < sizeof units / sizeof *units && strcmp(unit, units[i].name) != 0)
		i++;
	bool number = *text >= '0' && *text <= '9' && !strpbrk(text, "xX");
	if (!number || i == sizeof units / sizeof *units || n * (double)units[i].ns > 9e18)
		return xasprintf("--%s: '%s' is not a time; --%s wants a number and ms, s, min or h, such as 500ms",
				 option, text, option);
	*ns = (int64_t)(n * (double)units[i].ns);
	return NULL;
}

char *read_limit(struct limits *limits, const char *text)
{
	const char *equals = strchr(text, '=');
	if (!equals)
		return xasprintf("--limit wants CODE=TIME, such as close-wait=5s, not '%s'", text);
	char *word = strndup(text, (size_t)(equals - text)), *why = NULL;
	enum violation code = violation_find(word);
	if (!code || !default_limits().ns[code]) {
		char *known = list_limits(false, " and ");
		why = xasprintf("--limit: %s '%s'; %s have one", !code ? "no code" : "no limit for", word, known);
		free(known);
	}
	free(word);
	if (why)
		return why;
	return read_time(&limits->ns[code], "limit", equals + 1);
}

static const char *kind_at(size_t i) { return i < KINDS ? kind_name((unsigned)i) : i == KINDS ? "all" : NULL; }

static char *list_kinds(int64_t kinds, const char *comma)
{
	char *text;
	size_t length;
	FILE *out = memstream(&text, &length);
	for (unsigned kind = 0, n = 0; kind < KINDS; kind++)
		if (kinds >> kind & 1)
			fprintf(out, "%s%s", n++ ? comma : "", kind_name(kind));
	fclose(out);
	return text;
}

char *kinds_text(void) { return list_kinds(KINDS_ALL, ", "); }

char *kinds_list(int64_t kinds) { return list_kinds(kinds, ","); }

char *read_kinds(struct limits *limits, const char *text)
{
	const char *word = text;
	size_t left = strlen(text), n;
	if (kinds_parse(text, left, &limits->kinds))
		return NULL;
	while (kinds_of(word, n = kinds_word(word, left))) {
		word += n + 1;
		left -= n + 1;
	}
	char *wrong = strndup(word, n), *known = kinds_text();
	char *near = did_you_mean(wrong, kind_at, ";");
	char *why = xasprintf("--kinds: no kind '%s'%s there are %s, and all", wrong, near, known);
	free(near);
	free(wrong);
	free(known);
	return why;
}

/* Queries from the rules.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/question.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/server.h"

static void put_filter(FILE *out, const char *column, const char *value)
{
	if (!value)
		return;
	char *quoted = sql_quoted(value);
	fprintf(out, " AND %s = %s", column, quoted);
	free(quoted);
}

static char *range_of(const struct fleet_question *question, const char *first, const char *last)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fprintf(out, "%s >= %lld AND %s < %lld", last, (long long)question->since, first, (long long)question->until);
	/* The days are what tables are partitioned by. Midnight is not the same for all. */
	fprintf(out, " AND day >= toDate(%lld)",
		(long long)(question->since / 1000000000 - 86400 > 0 ? question->since / 1000000000 - 86400 : 0));
	put_filter(out, "service", question->service);
	put_filter(out, "host", question->host);
	put_filter(out, "version", question->version);
	fclose(out);
	return text;
}

char *question_range(const struct fleet_question *question) { return range_of(question, "wall", "wall"); }

char *question_signs_range(const struct fleet_question *question) { return range_of(question, "first", "last"); }

static char *here(void)
{
	char boot[64] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file && !fgets(boot, sizeof boot, file))
		*boot = '\0';
	if (file)
		fclose(file);
	boot[strcspn(boot, "\n")] = '\0';
	return sql_quoted(boot);
}

char *question_query(const struct fleet_question *question, const char *sql, int64_t limit)
{
	struct {
		const char *name;
		char *value;
	} words[] = {
		{"{clues}", xasprintf("%s.clues", question->database)},
		{"{signs}", xasprintf("%s.signs", question->database)},
		{"{range}", question_range(question)},
		{"{limit}", xasprintf("%lld", (long long)limit)},
		{"{quiet}", xasprintf("%lld", (long long)question->quiet)},
		{"{here}", here()},
	};
	enum { WORDS = sizeof words / sizeof *words };
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	while (*sql) {
		size_t i = 0;
		while (i < WORDS && strncmp(sql, words[i].name, strlen(words[i].name)) != 0)
			i++;
		fputs(i < WORDS ? words[i].value : (char[]){*sql, '\0'}, out);
		sql += i < WORDS ? strlen(words[i].name) : 1;
	}
	fclose(out);
	for (size_t i = 0; i < WORDS; i++)
		free(words[i].value);
	return text;
}

/* Processes whose trace says that it is not all there: their reports say so too. */
static const char incomplete[] = "a_losses > 0";

/* The signs of each process. Conditions are outside of it: among aggregates of a table across servers, 18.16 loses constants. */
static void put_signs(FILE *out, const struct fleet_question *question)
{
	static const char *const columns[] = {
		"max(ended)",  "min(started)", "min(inherited)",  "max(last)", "sum(tags)", "sum(leaks)",
		"sum(losses)", "max(writing)", "sum(executed)",	  "sum(shut)", "max(gap)",  "max(silent)",
		"max(unused)", "max(waited)",  "max(close_wait)", "max(gone)",
	};
	char *range = question_signs_range(question);
	fputs("(SELECT host, boot, process", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		const char *name = columns[i] + strlen("max(");
		fprintf(out, ", %s AS a_%.*s", columns[i], (int)strcspn(name, ")"), name);
	}
	fprintf(out, " FROM %s.signs WHERE %s GROUP BY host, boot, process)", question->database, range);
	free(range);
}

char *question_candidates(const struct fleet_question *question, const struct limits *limits)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	fputs("SELECT DISTINCT host, boot, process FROM (", out);
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		if (violations[code].signs)
			continue;
		char *query = question_query(question, violations[code].query, limits->ns[code]);
		fprintf(out, "SELECT host, boot, process FROM (%s) UNION ALL ", query);
		free(query);
	}
	fputs("SELECT host, boot, process FROM ", out);
	put_signs(out, question);
	fprintf(out, " WHERE %s", incomplete);
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++) {
		if (!violations[code].signs)
			continue;
		char *signs = question_query(question, violations[code].signs, limits->ns[code]);
		fprintf(out, " OR (%s)", signs);
		free(signs);
	}
	fputs(") ORDER BY host, boot, process", out);
	fclose(out);
	return text;
}

/* -- moments -------------------------------------------------------------------------------------------------- */

static int64_t wall_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* How long ago, in ns; -1: it is no such time. */
static int64_t ago(const char *text)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *unit;
	double n = strtod(text, &unit);
	if (*text < '0' || *text > '9' || strpbrk(text, "xX") || unit == text)
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0 && n * units[i].seconds < 9e9)
			return (int64_t)(n * units[i].seconds * 1e9);
	return -1;
}

char *moment_read(int64_t *wall, const char *option, const char *text)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S",
					    "%Y-%m-%d %H:%M:%S"};
	int64_t before = ago(text);
	if (before >= 0) {
		*wall = wall_now() - before;
		return NULL;
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &tm);
		bool utc = end && strcmp(end, "Z") == 0;
		if (!end || (*end && !utc) || tm.tm_year < 70 || tm.tm_year > 300)
			continue;
		*wall = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * 1000000000;
		return NULL;
	}
	return xasprintf(
		"--%s: '%s' is no moment; it wants a day or a time of one, as 2026-11-27, 2026-11-27T13:30 or 2026-11-27T13:30:00Z, "
		"or how long ago, as 90min, 24h or 7d",
		option, text);
}

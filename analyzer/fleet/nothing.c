/* Why there is nothing to report: what was asked for, and what there is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/text_set.h"
#include "analyzer/base/util.h"
#include "analyzer/fleet/fleet_report.h"
#include "analyzer/fleet/rows.h"

enum { MOST_NAMES = 10000, SHOWN = 8 };

static struct names {
	char **list;
	size_t n, cap;
} names; /* for nearest() */

static const char *name_at(size_t i) { return i < names.n ? names.list[i] : NULL; }

static bool take_name(void *context, const struct field *row)
{
	(void)context;
	GROW(names.list, names.n, names.cap);
	names.list[names.n++] = xstrdup(row[0].text);
	return true;
}

static void forget_names(void)
{
	while (names.n)
		free(names.list[--names.n]);
	free(names.list);
	names = (struct names){0};
}

/* Complains of a filter that matches nothing at any time. Returns whether it did. */
static bool complain_of(struct server *server, const struct fleet_question *question, const char *column,
			const char *value)
{
	if (!value)
		return false;
	char *sql = xasprintf("SELECT DISTINCT %s FROM %s.clues ORDER BY %s LIMIT %d", column, question->database,
			      column, MOST_NAMES);
	bool met = rows_read(server, sql, 1, take_name, NULL) != 0;
	free(sql);
	for (size_t i = 0; i < names.n; i++)
		met |= strcmp(names.list[i], value) == 0;
	if (!met) {
		char *near = did_you_mean(value, name_at, "");
		struct text_set some = {0};
		for (size_t i = 0; i < names.n && i < SHOWN; i++)
			text_set_add(&some, *names.list[i] ? names.list[i] : "(none)");
		char *words = text_set_words(&some);
		complain("--%s=%s: no such %s in %s%s; there %s %s%s", column, value, column, server_name(server), near,
			 names.n == 1 ? "is" : "are", names.n ? words : "none", names.n > SHOWN ? " and others" : "");
		free(near);
		free(words);
		free(some.list);
	}
	forget_names();
	return !met;
}

static char *moment_text(long long wall)
{
	time_t seconds = wall / 1000000000;
	struct tm tm;
	char text[64];
	strftime(text, sizeof text, "%Y-%m-%d %H:%M", localtime_r(&seconds, &tm));
	return xstrdup(text);
}

struct span {
	long long first, last, lines;
};

static bool take_span(void *context, const struct field *row)
{
	*(struct span *)context = (struct span){atoll(row[0].text), atoll(row[1].text), atoll(row[2].text)};
	return true;
}

int fleet_complain_of_nothing(struct server *server, const struct fleet_question *question)
{
	if (complain_of(server, question, "host", question->host) ||
	    complain_of(server, question, "service", question->service) ||
	    complain_of(server, question, "version", question->version))
		return 0;
	struct fleet_question ever = *question;
	ever.since = 0;
	ever.until = INT64_MAX;
	struct span span = {0};
	char *range = question_range(&ever);
	char *sql = xasprintf("SELECT min(wall), max(wall), count() FROM %s.clues WHERE %s", question->database, range);
	int result = rows_read(server, sql, 3, take_span, &span);
	free(sql);
	free(range);
	if (result != 0)
		return result;
	char *first = moment_text(span.first), *last = moment_text(span.last);
	if (span.lines)
		complain("%s has no line of that time: what it has is from %s to %s; --since says from when on",
			 server_name(server), first, last);
	else if (question->host || question->service || question->version)
		complain("%s has no line that --host, --service and --version all match", server_name(server));
	else
		complain("%s is empty: `socksan ship` sends traces to it", server_name(server));
	free(first);
	free(last);
	return 0;
}

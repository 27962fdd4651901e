/* What a fleet is asked about, and the queries made of it.
 *
 * Each violation has a query beside its rule, analyzer/judge/violations/ID.sql. It selects host, boot, process, sock, fd and t of what the
 * rule would tell: just that if its first line is "-- exact", or more ("-- candidates: WHY"), which the rule itself is then asked about. In
 * its text stands
 *
 *   {clues}    the table of the lines that a rule may need, analyzer/fleet/sql/020_clues.sql
 *   {range}    the condition that a line is in the range of time, and of the service, host and version that are asked for
 *   {limit}    the time limit of its code, in ns
 *   {quiet}    the wall time, in ns, since when a process without an end must have been silent to be called ended
 *   {here}     the boot id of this machine
 *
 * A line "-- signs: CONDITION" says which processes it can find anything of, by what analyzer/fleet/sql/030_signs.sql keeps of each: a_NAME
 * is its column NAME over all of its rows. A report then asks that instead, as it reads a hundredth, and may select more; without such a line it asks the query.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_QUESTION_H
#define SOCKSAN_ANALYZER_FLEET_QUESTION_H

#include <stdint.h>

#include "analyzer/judge/limits.h"

struct fleet_question {
	const char *database;
	int64_t since, until; /* wall, ns; until: before it */
	int64_t quiet;
	const char *service, *host, *version; /* NULL: any */
};

/* The condition of {range}, to be freed. */
char *question_range(const struct fleet_question *question);

/* The same for the rows of signs. They are of several lines each, so that some may be outside of the range. */
char *question_signs_range(const struct fleet_question *question);

/* A query with its placeholders replaced, to be freed. */
char *question_query(const struct fleet_question *question, const char *sql, int64_t limit);

/* The query for host, boot and process of all that a rule must be asked about, or a report cannot be complete without; in that order.
 * To be freed. */
char *question_candidates(const struct fleet_question *question, const struct limits *limits);

/* Reads a moment: "2026-11-27", "2026-11-27T13:30", "2026-11-27 13:30:00", local unless a Z follows; or how long ago, "24h", "7d".
 * Returns NULL, or what is wrong, to be freed. */
char *moment_read(int64_t *wall, const char *option, const char *text);

#endif

/* The live view: a sequence of censuses, and how places changed within the last minute.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TOP_H
#define SOCKSAN_ANALYZER_TOP_H

#include <stdio.h>

#include "analyzer/live/census.h"
#include "analyzer/live/session.h"
#include "analyzer/live/suspects.h"

enum top_order { TOP_OPEN, TOP_GROWTH, TOP_OLDEST, TOP_WAIT, TOP_ORDERS };

/* "open", "growth", ...; NULL after the last order. */
const char *top_order_name(size_t order);

struct top_row {
	const struct census_place *place;
	int64_t growth; /* within the last minute */
};

struct top {
	struct session *session; /* borrowed */
	struct census *census;
	struct top_row *rows; /* in `order` */
	enum top_order order;
	int64_t window; /* for suspects, in ns */
	struct suspects suspects;
	bool there; /* false: the process that was asked for has ended */
	struct top_history *history;
};

/* Includes what the traces say of the minute before. */
struct top *top_new(struct session *session, enum top_order order);
void top_free(struct top *top);

/* Refreshes. `peers`: count peers too. */
void top_look(struct top *top, bool peers);

void top_sort(struct top *top, enum top_order order);

/* Lines of text without a newline: "socksan top: ...", "process 71 ...", the column titles, a row; `brief`: with only the base name of its
 * file, for which a terminal has room. */
void top_headline(FILE *out, const struct top *top);
void top_process(FILE *out, const struct census *census, const struct census_process *process);
void top_titles(FILE *out, const struct top *top);
void top_row(FILE *out, const struct top *top, const struct top_row *row, bool brief);

/* The process that has used the largest part of its limit; NULL: none. */
const struct census_process *top_fullest(const struct top *top);

/* Writes all of it as text, with at most `max` rows and processes; 0: all. */
void top_text(FILE *out, const struct top *top, size_t max);

#endif

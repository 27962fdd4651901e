/* Rows that are sent together, and which lines they are of, so that the server can be asked whether it has them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_BATCH_H
#define SOCKSAN_ANALYZER_FLEET_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/fleet/bytes.h"

/* The file that rows are of, by the columns that lead to it fast. */
struct batch_source {
	char *service, *host, *process, *file;
};

struct batch_row {
	uint32_t source, length; /* of the row, in bytes */
	uint64_t offset;
};

enum { BATCH_DAYS = 64 }; /* fewer than a server takes at once */

struct batch {
	struct batch_source *sources;
	struct batch_row *rows;
	size_t n_sources, cap_sources, n, cap;
	struct gzip *gzip; /* while it is filled */
	struct bytes raw;  /* rows that are not compressed yet */
	struct bytes data; /* all rows, once it is packed or loaded */
	uint64_t size;	   /* of all rows, before compression */
	unsigned days[BATCH_DAYS], n_days;
};

/* Adds a source for the rows that follow. */
void batch_source(struct batch *batch, const char *service, const char *host, const char *process, const char *file);

/* Counts the row that was just appended to batch->raw, where it began at `before`. */
void batch_count(struct batch *batch, size_t before, uint64_t offset, unsigned day);

/* Ends filling: `data` are its rows. */
void batch_pack(struct batch *batch);

/* As a file of the spool has it; false if it is damaged. */
struct bytes batch_save(const struct batch *batch);
bool batch_load(struct batch *batch, const char *data, size_t n) __attribute__((warn_unused_result));

/* A name for what is sent of a batch, the same whoever sends it and however often; to be freed. */
char *batch_id(const struct batch *batch) __attribute__((warn_unused_result));

/* Queries for the lines of a batch that the database has: rows of a source's number and an offset. `*from` is the first source to ask for,
 * and becomes that of the next query. NULL after the last; to be freed. */
char *batch_question(const struct batch *batch, const char *table, size_t *from);

/* Statements that leave a row of `signs` for each process of a batch, by what `events` has of it: that a report is to look at it. The same about
 * `from`, and to be freed. */
char *batch_look_again(const struct batch *batch, const char *events, const char *signs, size_t *from);

/* The rows that an answer to the questions tells of are marked in `there`, a flag per row; it counts those that were not marked before. */
size_t batch_mark(const struct batch *batch, const char *answer, bool *there);

/* The rows that are not marked, compressed; false if the batch is damaged. */
bool batch_rest(const struct batch *batch, const bool *there, struct bytes *out) __attribute__((warn_unused_result));

/* Empties it. */
void batch_clear(struct batch *batch);

#endif

/* Output of a census: as text, as JSON (analyzer/report/snapshot.schema.json), as a profile for pprof.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SNAPSHOT_H
#define SOCKSAN_ANALYZER_SNAPSHOT_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/live/census.h"

#define SNAPSHOT_SCHEMA "socksan-snapshot/1"

/* Writes up to `max` places; 0: all. Returns -1 if writing failed, here and below. */
int snapshot_text(FILE *out, const struct census *census, size_t max, bool full_stacks);
int snapshot_json(FILE *out, const struct census *census);
int snapshot_pprof(FILE *out, const struct census *census);

/* The i-th note about what the census cannot know; NULL after the last. To be freed. */
char *snapshot_note(const struct census *census, size_t i);

/* The lines of a place below its heading: states, peers, processes, stack. */
struct style;
void snapshot_place(FILE *out, const struct style *style, const struct census *census,
		    const struct census_place *place);

#endif

/* The processes of reports: in an order of their own, and by their ids.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROCESS_INDEX_H
#define SOCKSAN_ANALYZER_PROCESS_INDEX_H

#include "analyzer/replay/lives.h"

/* Orders processes by all that a report tells of them: below, at or above 0, as strcmp(3). */
int process_compare(const struct traced_process *a, const struct traced_process *b);

struct process_index;

/* Borrows from the list. To be given to process_index_free(); NULL for an empty list. */
struct process_index *process_index_new(const struct traced_process *processes);
void process_index_free(struct process_index *index);

/* The process with this id; NULL: there is none, or those that had it, in this report or another, were several programs. */
const struct traced_process *process_index_find(const struct process_index *index, int64_t pid);

#endif

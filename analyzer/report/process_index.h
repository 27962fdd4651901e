/* The processes of reports: in a fixed order, and by their ids.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROCESS_INDEX_H
#define SOCKSAN_ANALYZER_PROCESS_INDEX_H

#include "analyzer/replay/lives.h"

/* Orders processes by everything that a report shows of them, like strcmp(3). */
int process_compare(const struct traced_process *a, const struct traced_process *b);

struct process_index;

/* Borrows from the list. Pass it to process_index_free(); NULL for an empty list. */
struct process_index *process_index_new(const struct traced_process *processes);
void process_index_free(struct process_index *index);

/* The process with this id; NULL if there is none, or if several programs had it, in this report or another. */
const struct traced_process *process_index_find(const struct process_index *index, int64_t pid);

#endif

/* How the programs that a process lets in come in: by which of its calls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PASSAGES_H
#define SOCKSAN_ANALYZER_PASSAGES_H

#include "analyzer/replay/lives.h"

/* What an exec or a spawn line tells. */
struct passage passage_of(struct process *process, const struct event *event);

/* Takes a spawn line. */
void passages_add(struct process *parent, const struct event *event);

/* By which call the child came in. Its stack is NULL when that is not known; parent may be NULL. */
struct passage passages_find(const struct process *parent, int64_t child);

void passages_free(struct process *process);

#endif

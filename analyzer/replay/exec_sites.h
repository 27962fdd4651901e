/* How the programs that a process lets in come in: by which of its calls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXEC_SITES_H
#define SOCKSAN_ANALYZER_EXEC_SITES_H

#include "analyzer/replay/lives.h"

/* What an exec or a spawn line tells. */
struct exec_site exec_site_of(struct traced_process *process, const struct trace_event *event);

/* Takes a spawn line. */
void exec_sites_add(struct traced_process *parent, const struct trace_event *event);

/* By which call the child came in, as another program or by a fork. Its stack is NULL when that is not known; parent may be NULL. */
struct exec_site exec_sites_find(const struct traced_process *parent, int64_t child, bool forked);

void exec_sites_free(struct traced_process *process);

#endif

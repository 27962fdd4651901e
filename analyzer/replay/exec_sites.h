/* Which call of a process started each of its child programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXEC_SITES_H
#define SOCKSAN_ANALYZER_EXEC_SITES_H

#include "analyzer/replay/lives.h"

/* The contents of an exec or a spawn line. */
struct exec_site exec_site_of(struct traced_process *process, const struct trace_event *event);

/* Records a spawn line. */
void exec_sites_add(struct traced_process *parent, const struct trace_event *event);

/* The call that created the child, by starting another program or by a fork. Its stack is NULL if unknown; parent may be NULL. */
struct exec_site exec_sites_find(const struct traced_process *parent, int64_t child, bool forked);

void exec_sites_free(struct traced_process *process);

#endif

/* The stacks and modules of a process by their ids in its trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STACK_REFS_H
#define SOCKSAN_ANALYZER_STACK_REFS_H

#include "analyzer/replay/lives.h"

/* The stack with this id; NULL if there is none (-1). */
struct stack_ref *stack_ref(struct traced_process *process, int64_t id);

/* Record a module line and a stack line. */
void stack_refs_module(struct traced_process *process, const struct trace_event *event);
void stack_refs_stack(struct traced_process *process, const struct trace_event *event);

void stack_refs_free(struct traced_process *process);

#endif

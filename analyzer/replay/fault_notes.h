/* What a process told of calls that failed on purpose, and of what came of it; see shim/fault.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FAULT_NOTES_H
#define SOCKSAN_ANALYZER_FAULT_NOTES_H

#include "analyzer/replay/lives.h"

/* Takes a fault line. */
void fault_note_add(struct traced_process *process, const struct trace_event *event);

void fault_notes_free(struct traced_process *process);

#endif

/* What a process told of calls that failed on purpose: see fault_notes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/fault_notes.h"

#include <stdlib.h>

#include <utlist.h>

#include "analyzer/base/util.h"
#include "analyzer/replay/stack_refs.h"

static const char *kept(const char *text) { return text ? intern(text) : NULL; }

void fault_note_add(struct traced_process *process, const struct trace_event *event)
{
	struct fault_note *note = xcalloc(1, sizeof *note);
	*note = (struct fault_note){
		.what = intern(event->fault),
		.op = kept(event->op),
		.error = kept(event->error),
		.site = kept(event->site),
		.tid = event->tid,
		.t = event->t,
		.nth = event->nth > 0 ? event->nth : 1,
		.at = stack_ref(process, event->stack),
	};
	if (process->last_fault)
		process->last_fault->next = note;
	else
		process->faults = note;
	process->last_fault = note;
}

void fault_notes_free(struct traced_process *process)
{
	struct fault_note *note, *next;
	LL_FOREACH_SAFE (process->faults, note, next)
		free(note);
}

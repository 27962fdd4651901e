/* Which violations of a run occurred after a call that was made to fail: see after_fault.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/after_fault.h"

#include <string.h>

#include "analyzer/base/util.h"

/* The first; `run --inject` takes one alone. */
static const struct fault_note *first_injected(const struct report *report)
{
	const struct fault_note *first = NULL;
	for (const struct traced_process *process = report->processes; process; process = process->next)
		for (const struct fault_note *note = process->faults; note; note = note->next)
			if (strcmp(note->what, "injected") == 0 && note->op && note->error && note->site &&
			    (!first || note->t < first->t))
				first = note;
	return first;
}

struct injected *after_faults(struct report *report)
{
	const struct fault_note *note = first_injected(report);
	if (!note)
		return NULL;
	struct injected *injected = xcalloc(1, sizeof *injected);
	*injected = (struct injected){
		.call = note->op,
		.error = note->error,
		.site = note->site,
		.occurrence = note->nth,
		/* The cache owns it, and nobody changes it. */
		.stack = note->at && note->at->stack ? (struct symbols *)(uintptr_t)symbolize(note->at->stack) : NULL,
	};
	for (size_t i = 0; i < report->n_items; i++)
		if (report->items[i].finding->known_t >= note->t)
			report->items[i].injected = injected;
	return injected;
}

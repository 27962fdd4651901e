/* The processes that had a socket that was passed from one to another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/sharers.h"

#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

static int64_t end_of(const struct holder *holder)
{
	const struct traced_process *process = holder->process;
	if (holder->t_end)
		return holder->t_end;
	return process->exited ? process->t_exit : process_goes_on(process) ? INT64_MAX : process->t_last;
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = *(const struct holder *const *)a, *y = *(const struct holder *const *)b;
	return (x->t > y->t) - (x->t < y->t);
}

/* If there are many, the first and the last ones. What a program had before it was replaced concerns the new one, unless it made it. */
void find_sharers(struct finding *finding, const struct cookie *cookie, bool ended)
{
	enum { MOST = 64 };
	const struct holder *holders[MOST];
	size_t all, n = 0, last = 0;
	const struct holder *from = cookie_holders(cookie, &all);
	for (size_t i = 0; i < all; i++) {
		if (all > MOST && i == MOST / 2)
			i = all - MOST / 2;
		holders[n++] = &from[i];
	}
	if (n)
		qsort(holders, n, sizeof *holders, compare_holders);
	finding->sharers = xcalloc(n, sizeof *finding->sharers);
	for (size_t i = 0; i < n; i++) {
		const struct traced_process *process = holders[i]->process;
		const char *name = process_name(process);
		if (i > 0 && process->replaced)
			continue;
		finding->sharers[finding->n_sharers++] = (struct sharer){
			.pid = process->pid,
			.name = name ? intern(name) : NULL,
			.how = !holders[i]->made ? process->how
			       : i == 0		 ? "made"
						 : "received",
		};
		holders[finding->n_sharers - 1] = holders[i];
		if (end_of(holders[i]) > end_of(holders[last]))
			last = finding->n_sharers - 1;
	}
	if (finding->n_sharers && ended)
		finding->sharers[last].last = true;
}

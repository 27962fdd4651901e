/* The sockets that running processes have open, by the place that made them: a leak in a server shows before it ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include <utlist.h>

#include "analyzer/report_data.h"
#include "analyzer/util.h"

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int compare_places(const void *a, const void *b)
{
	const struct open_place *x = a, *y = b;
	return (x->oldest->t > y->oldest->t) - (x->oldest->t < y->oldest->t);
}

static struct open_place *place_of(struct report *report, size_t from, const struct life *life)
{
	for (size_t i = from; i < report->n_open; i++)
		if (report->open[i].origin == life->origin)
			return &report->open[i];
	report->open = xreallocarray(report->open, report->n_open + 1, sizeof *report->open);
	struct open_place *place = &report->open[report->n_open++];
	*place = (struct open_place){.process = life->process, .oldest = life, .origin = life->origin};
	return place;
}

void report_find_open(struct report *report, int64_t now)
{
	for (const struct process *process = report->processes; process; process = process->next) {
		size_t from = report->n_open;
		if (process->end != END_RUNNING)
			continue;
		for (const struct life *life = process->lives; life; life = life->hh.next) {
			const struct descriptor *descriptor;
			if (!life->open || !life->made)
				continue;
			struct open_place *place = place_of(report, from, life);
			place->sockets++;
			if (life->t < place->oldest->t)
				place->oldest = life;
			DL_FOREACH (life->descriptors, descriptor) {
				GROW(place->fds.values, place->fds.n, place->fds.cap);
				place->fds.values[place->fds.n++] = descriptor->fd;
			}
		}
	}
	for (size_t i = 0; i < report->n_open; i++) {
		struct open_place *place = &report->open[i];
		const struct stack_ref *opened = place->oldest->opened;
		place->age = now > place->oldest->t ? now - place->oldest->t : 0; /* no trace knows the future */
		place->opened = opened && opened->stack ? symbolize(opened->stack) : NULL;
		origin_change(place->oldest->origin, now - place->process->t_first, 0);
		qsort(place->fds.values, place->fds.n, sizeof *place->fds.values, compare_numbers);
	}
	if (report->n_open)
		qsort(report->open, report->n_open, sizeof *report->open, compare_places);
}

void report_free_open(struct report *report)
{
	for (size_t i = 0; i < report->n_open; i++)
		free(report->open[i].fds.values);
	free(report->open);
}

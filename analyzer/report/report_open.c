/* The sockets that running processes have open, by the place that made them: a leak in a server shows before it ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include <utlist.h>

#include "analyzer/base/hash.h"
#include "analyzer/judge/words.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"

static int compare_places(const void *a, const void *b)
{
	const struct open_place *x = a, *y = b;
	return (x->oldest->t > y->oldest->t) - (x->oldest->t < y->oldest->t);
}

/* The index in `open` of an origin's place. */
struct open_index {
	const struct origin *origin; /* the key */
	size_t index;
	UT_hash_handle hh;
};

static struct open_place *place_of(struct report *report, size_t *cap, struct open_index **entries,
				   const struct socket_life *life)
{
	struct open_index *entry;
	HASH_FIND_PTR(*entries, &life->origin, entry);
	if (!entry) {
		GROW(report->open, report->n_open, *cap);
		entry = xcalloc(1, sizeof *entry);
		entry->origin = life->origin;
		entry->index = report->n_open++;
		HASH_ADD_PTR(*entries, origin, entry);
		report->open[entry->index] =
			(struct open_place){.process = life->process, .oldest = life, .origin = life->origin};
	}
	return &report->open[entry->index];
}

bool process_attached_again(const struct traced_process *process)
{
	for (const struct traced_process *later = process->next; process->detached && later; later = later->next)
		if (later->pid == process->pid && later->start == process->start && later->pidns == process->pidns &&
		    later->t_first > process->t_first)
			return true;
	return false;
}

void report_find_open(struct report *report, int64_t now)
{
	struct open_index *entries = NULL, *entry, *next;
	size_t cap = 0;
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		if (!process_goes_on(process) || process_attached_again(process))
			continue;
		for (const struct socket_life *life = process->lives; life; life = life->hh.next) {
			const struct descriptor *descriptor;
			if (!life->open || !life->made)
				continue;
			struct open_place *place = place_of(report, &cap, &entries, life);
			place->sockets++;
			place->states[life->state > STATE_NONE ? life->state : STATE_OPEN]++;
			if (life->t < place->oldest->t)
				place->oldest = life;
			DL_FOREACH (life->descriptors, descriptor)
				int_set_add(&place->fds, descriptor->fd);
		}
	}
	for (size_t i = 0; i < report->n_open; i++) {
		struct open_place *place = &report->open[i];
		const struct stack_ref *opened = place->oldest->opened;
		int64_t then = place->process->end == END_DETACHED ? place->process->t_last : now;
		place->age = then > place->oldest->t ? then - place->oldest->t : 0; /* no trace knows the future */
		place->opened = opened && opened->stack ? symbolize(opened->stack) : NULL;
		origin_change(place->oldest->origin, then - place->process->t_first, 0);
		int_set_settle(&place->fds);
	}
	HASH_ITER (hh, entries, entry, next) {
		HASH_DEL(entries, entry);
		free(entry);
	}
	if (report->n_open)
		qsort(report->open, report->n_open, sizeof *report->open, compare_places);
}

void print_open_heading(FILE *out, const struct open_place *place)
{
	const struct socket_life *oldest = place->oldest;
	char *age = time_text(place->age);
	print_count(out, place->sockets,
		    oldest->kind == KIND_socket ? kind_of_socket(oldest->family, oldest->type)
						: kind_words(oldest->kind, oldest->opened_op));
	fprintf(out, "%s for %s", place->sockets == 1 ? "" : ", the oldest", age);
	free(age);
}

void print_open_states(FILE *out, const struct open_place *place)
{
	const char *comma = "";
	for (unsigned state = STATE_NONE + 1; state < STATES; state++) {
		if (!place->states[state])
			continue;
		fprintf(out, "%s%llu %s", comma, (unsigned long long)place->states[state],
			state == STATE_OPEN ? "open" : state_name(state));
		comma = ", ";
	}
}

void print_open_growth(FILE *out, const struct open_place *place)
{
	for (size_t i = 0; i < place->origin->n; i++)
		fprintf(out, "%s%llu", i ? " " : "", (unsigned long long)place->origin->growth[i]);
}

void report_free_open(struct report *report)
{
	for (size_t i = 0; i < report->n_open; i++)
		free(report->open[i].fds.values);
	free(report->open);
}

char *open_words(void (*print)(FILE *, const struct open_place *), const struct open_place *place)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	print(out, place);
	fclose(out);
	return text;
}

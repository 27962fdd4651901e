/* What was registered in an epoll set: see registered.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/registered.h"

#include <stdlib.h>

#include "analyzer/replay/cookie.h"
#include "analyzer/replay/descriptors.h"
#include "analyzer/base/util.h"

enum { PLACES_COUNTED = 64 };

/* Where the descriptor was opened, by this process or another. False if its kind was not recorded. */
static bool place_of(const struct traced_process *process, int64_t fd, struct registered_place *place)
{
	const struct descriptor *descriptor = descriptor_find(process, fd);
	const struct socket_life *life = descriptor ? descriptor->now : NULL;
	const struct maker *maker = life ? life_maker(life) : NULL;
	if (!life)
		return false;
	*place = maker ? (struct registered_place){maker->opened, maker->op, 1}
		       : (struct registered_place){life->opened, life->opened_op, 1};
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct registered_place *x = a, *y = b;
	return x->count == y->count ? 0 : x->count > y->count ? -1 : 1;
}

void registered_learn(struct socket_life *life, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct registered_place all[PLACES_COUNTED], place;
	size_t n = 0, at;
	if (event->registrations <= 0)
		return;
	for (size_t i = 0; i < event->n_members; i++) {
		if (event->members[i] > INT32_MAX || !place_of(moment->process, (int64_t)event->members[i], &place))
			continue;
		for (at = 0; at < n && (all[at].opened != place.opened || all[at].op != place.op); at++)
			;
		if (at < n)
			all[at].count++;
		else if (n < PLACES_COUNTED)
			all[n++] = place;
	}
	qsort(all, n, sizeof *all, compare_places);
	if (!life->registered)
		life->registered = xcalloc(1, sizeof *life->registered);
	*life->registered = (struct registered){.count = (uint64_t)event->registrations};
	for (; life->registered->n < n && life->registered->n < REGISTERED_PLACES; life->registered->n++)
		life->registered->places[life->registered->n] = all[life->registered->n];
}

struct registered registered_of(const struct socket_life *life)
{
	struct registered registered = life->registered ? *life->registered : (struct registered){0};
	registered.open = life->open > 0;
	return registered;
}

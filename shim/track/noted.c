/* A ring of violations: see noted.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/noted.h"

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELAXED)

static struct noted ring[NOTED_LAST];
static uint64_t violations; /* so far */
static uint64_t told;	    /* by checks */

void check_note(enum violation violation, const char *op, int fd)
{
	uint64_t turn = __atomic_add_fetch(&violations, 1, __ATOMIC_RELAXED);
	struct noted *n = &ring[turn % NOTED_LAST];
	SET(n->turn, 0);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	SET(n->op, op);
	SET(n->fd, fd);
	SET(n->violation, (int)violation);
	__atomic_store_n(&n->turn, turn, __ATOMIC_RELEASE);
}

void check_forget(void) { told = violations; }

uint64_t check_take(uint64_t *first, uint64_t *last)
{
	uint64_t now = GET(violations), was = GET(told);
	while (was < now && !__atomic_compare_exchange_n(&told, &was, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	uint64_t n = now > was ? now - was : 0;
	*first = n > NOTED_LAST ? now - NOTED_LAST + 1 : was + 1;
	*last = now;
	return n;
}

bool check_look(uint64_t turn, struct noted *out)
{
	const struct noted *n = &ring[turn % NOTED_LAST];
	if (__atomic_load_n(&n->turn, __ATOMIC_ACQUIRE) != turn)
		return false;
	*out = (struct noted){turn, GET(n->op), GET(n->fd), GET(n->violation)};
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return GET(n->turn) == turn;
}

/* The open descriptors, by place: see places.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/places.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"
#include "shim/state/mix.h"
#include "shim/trace/trace.h"
#include "shim/track/history.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"

#include <string.h>
#include <sys/mman.h>

/* Only the pages that are used get touched. */
enum { SLOTS = 1 << 13, MOST = SLOTS / 2 };
struct spotting {
	struct held_places places;
	struct sample at;      /* the descriptor at hand, here since hosts may have small stacks */
	uint16_t slots[SLOTS]; /* by hash: index of a place plus one; 0: free */
	struct held_place list[MOST];
};

static struct held_place *place_of(struct spotting *f, const char *op, uint32_t stack, struct life life)
{
	uint64_t of = (uint64_t)life.family << 8 | life.type;
	unsigned slot = (unsigned)(mix(mix((uintptr_t)op, stack), of) >> 32) % SLOTS;
	for (; f->slots[slot]; slot = (slot + 1) % SLOTS) {
		struct held_place *p = &f->list[f->slots[slot] - 1];
		if (p->op == op && p->stack == stack && p->life.family == life.family && p->life.type == life.type)
			return p;
	}
	if (f->places.n == MOST)
		return NULL;
	struct held_place *p = &f->list[f->places.n++];
	f->slots[slot] = (uint16_t)f->places.n;
	p->op = op;
	p->stack = stack;
	p->life = life;
	return p;
}

static void add_example(struct held_place *p, const struct sample *e)
{
	unsigned at = p->examples;
	while (at && p->example[at - 1].t > e->t)
		at--;
	if (at == EXAMPLES)
		return;
	unsigned kept = p->examples < EXAMPLES ? p->examples : EXAMPLES - 1;
	for (unsigned i = kept; i > at; i--)
		p->example[i] = p->example[i - 1];
	p->example[at] = *e;
	p->examples = kept + 1;
}

static void add(struct spotting *f, int fd)
{
	fd_word w = fd_load(fd);
	const struct socket *s = socket_of(w);
	bool known = fd_kind(w) == FD_SOCKET || fd_kind(w) == FD_OTHER; /* else opened in a way not seen */
	const struct mark made = known ? trail_of(fd).made : (struct mark){0};
	struct sample *e = &f->at;
	uint32_t stack = 0;
	*e = (struct sample){.fd = fd};
	if (made.who) {
		e->t = made.t;
		e->tid = mark_tid(made);
		stack = mark_stack(made);
	}
	if (s) {
		e->life = socket_life(s);
		e->sock = socket_id(s);
		e->rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
		e->tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
		e->last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
		if (made.who && !stack) /* its id did not fit in the mark */
			stack = s->stack;
	} else if (made.who || !kernel_life(fd, &e->life)) {
		e->life = life_open(made.who ? mark_kind(made) : kernel_kind(fd, KIND_other));
	}
	struct held_place *p = place_of(f, made.who ? mark_op(made) : NULL, stack, e->life);
	if (!p) {
		f->places.rest++;
		return;
	}
	p->open++;
	p->states[e->life.state]++;
	p->ages += e->t && f->places.now > e->t ? (f->places.now - e->t) / 1000 : 0;
	p->rx += e->rx;
	p->tx += e->tx;
	p->last = e->last > p->last ? e->last : p->last;
	add_example(p, e);
}

/* Asks the kernel for what the table does not know. */
static void ask(struct sample *e)
{
	bool inet = e->life.family == AF_INET || e->life.family == AF_INET6;
	if (life_kind(e->life) != KIND_socket)
		return;
	e->local_len = sizeof e->local;
	e->peer_len = sizeof e->peer;
	if (sys3(SYS_getsockname, e->fd, &e->local, &e->local_len))
		e->local_len = 0;
	if (sys3(SYS_getpeername, e->fd, &e->peer, &e->peer_len))
		e->peer_len = 0;
	e->close_wait = inet && e->life.state == STATE_ESTABLISHED ? watch_close_wait(e->fd) : 0;
}

struct held_places *places_find(int limit)
{
	enum { UNSEEN = 1 << 16 }; /* numbers below this are tried even if they were never in the table */
	struct spotting *f =
		sys_mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!f)
		return NULL;
	f->places.list = f->list;
	f->places.now = trace_now();
	int below = 0, end = limit < UNSEEN ? limit : UNSEEN;
	if (end < fd_end())
		end = fd_end();
	for (int fd = 0; fd < end; fd++) {
		if (sys2(SYS_fcntl, fd, F_GETFD) < 0)
			continue;
		below += fd < limit;
		f->places.open++;
		add(f, fd);
	}
	f->places.full = below == limit;
	for (unsigned i = 0; i < f->places.n; i++) {
		struct held_place *p = &f->list[i];
		p->stack = stack_tell(p->stack);
		for (unsigned j = 0; j < p->examples; j++)
			ask(&p->example[j]);
	}
	return &f->places;
}

void places_free(struct held_places *p) { sys2(SYS_munmap, p, sizeof(struct spotting)); }

/* Registrations in epoll sets that outlive their descriptor: see registrations.h; epoll(7), proc(5).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/registrations.h"

#include "shim/kernel/sys.h"
#include "shim/stack/stack.h"
#include "shim/state/self.h"
#include "shim/track/epoll_info.h"
#include "shim/track/event.h"
#include "shim/track/history.h"
#include "shim/track/registered.h"

#include <string.h>
#include <sys/stat.h>

/* -- the places ----------------------------------------------------------------------------------------------- */

/* A bit of socket.registered says whether a slot is taken. MORE: there was no slot for another registration. */
enum { PLACES = 4, MORE = 1 << PLACES };
_Static_assert(!(REGISTERED_SET & ((MORE << 1) - 1)), "bits of their own");

struct place {
	uint64_t data, inode; /* inode: queried before the descriptor is closed */
	uint32_t stack;	      /* stack of the epoll_ctl */
	int set, fd;
};

/* Chunks like those of the pool of sockets. */
static struct place (*places[POOLS])[PLACES];

static struct place *places_of(const struct socket *s)
{
	struct place(*part)[PLACES] = __atomic_load_n(&places[s->index >> POOL_BITS], __ATOMIC_ACQUIRE);
	return part ? part[s->index & (POOL - 1)] : NULL;
}

static unsigned taken(const struct socket *s) { return __atomic_load_n(&s->registered, __ATOMIC_RELAXED); }

/* The slot of the registration; PLACES: none. */
static unsigned find(const struct socket *s, const struct place *all, int set, int fd)
{
	unsigned bits = taken(s), i = 0;
	while (i < PLACES && !(bits & 1u << i && all[i].set == set && all[i].fd == fd))
		i++;
	return i;
}

/* -- the orphans ---------------------------------------------------------------------------------------------- */

enum { ORPHANS = 64, MOST_TOLD = 256 /* in a process */ };

static struct orphan {
	uint64_t turn; /* odd while it is being written */
	fd_word word;  /* of its socket; 0: there is none in this process */
	uint64_t data, inode, sock;
	uint64_t since;		     /* the timestamp from which on its events can be recognized by their data */
	uint32_t registered, closed; /* stacks */
	uint32_t met;		     /* events that may be its */
	int set, fd;
} orphans[ORPHANS];

uint64_t registrations_orphaned;
static uint64_t stamp = 1;
static uint32_t told;

static uint64_t data_bit(uint64_t data) { return 1ull << (data * 0x9e3779b97f4a7c15ull >> 58); }

uint64_t registrations_now(void) { return __atomic_load_n(&stamp, __ATOMIC_SEQ_CST); }

/* A copy of the orphan there. */
static bool orphan_at(unsigned i, struct orphan *copy)
{
	const struct orphan *o = &orphans[i];
	uint64_t turn = __atomic_load_n(&o->turn, __ATOMIC_ACQUIRE);
	*copy = *o;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return copy->word && !(turn & 1) && __atomic_load_n(&o->turn, __ATOMIC_RELAXED) == turn;
}

/* Whether this thread owns the slot now, for writing. */
static bool orphan_claim(struct orphan *o, uint64_t turn)
{
	return !(turn & 1) &&
	       __atomic_compare_exchange_n(&o->turn, &turn, turn + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void orphan_release(struct orphan *o) { __atomic_fetch_add(&o->turn, 1, __ATOMIC_RELEASE); }

static void orphan_add(const struct orphan *from)
{
	static unsigned next;
	if (__atomic_load_n(&told, __ATOMIC_RELAXED) >= MOST_TOLD)
		return;
	struct orphan *o = &orphans[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % ORPHANS];
	if (!orphan_claim(o, __atomic_load_n(&o->turn, __ATOMIC_RELAXED)))
		return;
	o->word = from->word;
	o->data = from->data;
	o->inode = from->inode;
	o->sock = from->sock;
	o->registered = from->registered;
	o->closed = from->closed;
	o->met = 0;
	o->set = from->set;
	o->fd = from->fd;
	__atomic_store_n(&o->since, __atomic_add_fetch(&stamp, 1, __ATOMIC_SEQ_CST), __ATOMIC_RELAXED);
	orphan_release(o);
	__atomic_fetch_or(&registrations_orphaned, data_bit(from->data), __ATOMIC_RELEASE);
}

/* True for one thread only. */
static bool orphan_remove(unsigned i, uint64_t turn)
{
	struct orphan o;
	uint64_t before = __atomic_load_n(&registrations_orphaned, __ATOMIC_ACQUIRE), left = 0;
	if (!orphan_claim(&orphans[i], turn))
		return false;
	orphans[i].word = 0;
	orphan_release(&orphans[i]);
	for (unsigned other = 0; other < ORPHANS; other++)
		if (orphan_at(other, &o))
			left |= data_bit(o.data);
	__atomic_compare_exchange_n(&registrations_orphaned, &before, left, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	return true;
}

/* A registration with the same data as an orphan is removed: an event in flight may belong to either. If nobody will see the removal, that
 * ambiguity is permanent. */
enum { FROM_NOW = 1, FOR_GOOD = 2, OF_ANY_DATA = 4 };
static void twins(uint64_t data, int how)
{
	struct orphan o;
	for (unsigned i = 0; i < ORPHANS; i++)
		if (orphan_at(i, &o) && o.since != UINT64_MAX && (how & OF_ANY_DATA || o.data == data))
			__atomic_store_n(&orphans[i].since,
					 how & FOR_GOOD ? UINT64_MAX : __atomic_add_fetch(&stamp, 1, __ATOMIC_SEQ_CST),
					 __ATOMIC_SEQ_CST);
}

/* -- epoll_ctl, and the end of a number ----------------------------------------------------------------------- */

static void mark(struct socket *s, unsigned bits)
{
	__atomic_fetch_or(&s->registered, (uint8_t)bits, __ATOMIC_RELEASE);
}
static void unmark(struct socket *s, unsigned bit)
{
	__atomic_fetch_and(&s->registered, (uint8_t)~bit, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void mark_set_used(int set)
{
	struct socket *s = socket_of(fd_load(set));
	if (s && life_kind(socket_life(s)) == KIND_epoll)
		mark(s, REGISTERED_SET);
}

void registration_made(struct socket *s, int fd, int set, uint64_t data, bool anew)
{
	if (!process_active())
		return;
	if (__builtin_expect(kind_is_judged(KIND_epoll), 0))
		mark_set_used(set);
	if (!s) {
		if (registrations_any())
			twins(data, FOR_GOOD);
		return;
	}
	struct place *all = places_of(s);
	if (!all && part((void **)&places[s->index >> POOL_BITS], POOL * sizeof *places[0]))
		all = places_of(s);
	if (!all) {
		mark(s, MORE);
		return;
	}
	unsigned i = find(s, all, set, fd), bits = 0;
	if (i < PLACES && !anew && all[i].data == data)
		return;
	if (i == PLACES) {
		for (i = 0; i < PLACES - 1 && taken(s) & 1u << i;)
			i++;
		bits = taken(s) & 1u << i ? MORE : 0;
	}
	all[i] = (struct place){.data = data, .stack = stack_here(), .set = set, .fd = fd};
	mark(s, bits | 1u << i);
}

void registration_going(const struct socket *s, int fd, int set)
{
	const struct place *all = s ? places_of(s) : NULL;
	unsigned i = all ? find(s, all, set, fd) : PLACES;
	twins(i < PLACES ? all[i].data : 0, i < PLACES ? FROM_NOW : FROM_NOW | OF_ANY_DATA);
}

void registration_gone(struct socket *s, int fd, int set)
{
	const struct place *all = s ? places_of(s) : NULL;
	unsigned i = all ? find(s, all, set, fd) : PLACES;
	if (i < PLACES)
		unmark(s, 1u << i);
}

static uint64_t inode_of(int fd)
{
	struct stat st;
	return sys2(SYS_fstat, fd, &st) ? 0 : st.st_ino;
}

void registrations_look(struct socket *s, int fd)
{
	struct place *all = places_of(s);
	bool any = registrations_any();
	if (taken(s) & REGISTERED_SET && socket_refs(s) == 1)
		registered_tell("close", fd, s);
	if (any && taken(s) & MORE)
		twins(0, FROM_NOW | OF_ANY_DATA);
	for (unsigned i = 0; all && i < PLACES; i++) {
		if (!(taken(s) & 1u << i) || all[i].fd != fd)
			continue;
		if (any)
			twins(all[i].data, FROM_NOW);
		if (registered_and_shared(s))
			all[i].inode = inode_of(fd);
	}
}

void registrations_orphan(struct socket *s, fd_word w, int fd, uint32_t stack)
{
	const struct place *all = places_of(s);
	for (unsigned i = 0; all && i < PLACES; i++) {
		if (!(taken(s) & 1u << i) || all[i].fd != fd)
			continue;
		unmark(s, 1u << i);
		if (all[i].inode)
			orphan_add(&(struct orphan){.word = w,
						    .data = all[i].data,
						    .inode = all[i].inode,
						    .sock = socket_id(s),
						    .registered = all[i].stack,
						    .closed = stack,
						    .set = all[i].set,
						    .fd = fd});
	}
}

/* -- the kernel's word ---------------------------------------------------------------------------------------- */

struct question {
	const struct orphan *of;
	bool there;	  /* the orphan is in the set */
	unsigned sharing; /* number of registrations in the set with its data */
};

static void hear(void *p, const struct epoll_entry *entry)
{
	struct question *q = p;
	if (entry->data != q->of->data)
		return;
	q->sharing++;
	q->there |= entry->fd == q->of->fd && entry->inode == q->of->inode;
}

/* -- epoll_wait ----------------------------------------------------------------------------------------------- */

enum { PATIENCE = 64 }; /* fruitless queries, after which they become rarer and rarer */
static uint32_t in_vain;

/* For an answer the kernel walks the whole set. An event that may be another's is returned again and again, and a descriptor shared with a
 * long-lived child is closed for each connection. */
static bool due(uint32_t met)
{
	static uint32_t turn;
	uint32_t vain = __atomic_load_n(&in_vain, __ATOMIC_RELAXED), rarer = vain < PATIENCE ? 0
									     : (vain - PATIENCE) / 8 < 16
										     ? (vain - PATIENCE) / 8
										     : 16;
	return !(met & (met - 1)) && __atomic_load_n(&told, __ATOMIC_RELAXED) < MOST_TOLD &&
	       !(__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) & ((1u << rarer) - 1));
}

static void tell(const char *op, int set, const struct orphan *o, long ret)
{
	struct event e = event(op, o->fd);
	e.sock = o->sock;
	e.violation = VIOLATION_stale_epoll;
	e.has_ret = true;
	e.ret = ret;
	e.stack = stack_here();
	e.has_epoll = true;
	e.epoll = set;
	e.registered = o->registered;
	e.closed = o->closed;
	record(&e);
	__atomic_fetch_add(&told, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&in_vain, 0, __ATOMIC_RELAXED);
}

/* An event has the data of that orphan. */
static __attribute__((noinline)) void suspect(const char *op, int set, unsigned i, const struct orphan *o, long ret,
					      uint64_t since)
{
	struct question q = {.of = o};
	if (!due(__atomic_add_fetch(&orphans[i].met, 1, __ATOMIC_RELAXED)))
		return;
	bool whole = epoll_info(set, hear, &q);
	__atomic_fetch_add(&in_vain, 1, __ATOMIC_RELAXED);
	if (q.there && q.sharing == 1) {
		/* Neither was another registration with its data removed meanwhile, nor did the orphan get a descriptor again. */
		if (__atomic_load_n(&orphans[i].since, __ATOMIC_SEQ_CST) <= since && fd_load(o->fd) != o->word &&
		    orphan_remove(i, o->turn))
			tell(op, set, o, ret);
	} else if (!whole || (!q.there && set == o->set)) {
		orphan_remove(i, o->turn);
	}
}

void registrations_handed_out(const char *op, int set, const struct epoll_event *events, long n, uint64_t since)
{
	struct orphan o;
	if (!process_active())
		return;
	for (long at = 0; at < n; at++) {
		uint64_t data = events[at].data.u64;
		if (!(data_bit(data) & __atomic_load_n(&registrations_orphaned, __ATOMIC_RELAXED)))
			continue;
		for (unsigned i = 0; i < ORPHANS; i++)
			if (orphan_at(i, &o) && o.data == data && o.since <= since && fd_load(o.fd) != o.word)
				suspect(op, set, i, &o, n, since);
	}
}

void registrations_forget(void)
{
	memset(orphans, 0, sizeof orphans);
	registrations_orphaned = 0;
	in_vain = told = 0;
}

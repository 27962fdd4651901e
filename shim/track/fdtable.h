/* Which descriptor is what, and which sockets exist: lock-free, in memory that is touched only where it is used.
 *
 * The entry of a number is one word that encodes its kind: never seen, a socket, closed, something else. A socket has one record, shared
 * and counted by all its descriptors in this process. Other kinds that the user wants judged (the option `kinds`) have one too, and count
 * as sockets in this table. Of the rest only a trail is kept: see trail.h. Everything here is safe in any thread and in signal handlers,
 * and leaves errno alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FDTABLE_H
#define SHIM_FDTABLE_H

#include "shim/model/hooks.h"
#include "shim/state/joined.h"
#include "shim/track/lifecycle.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fd_kind {
	FD_UNKNOWN, /* never seen */
	FD_OTHER,   /* a descriptor of a kind that is not judged */
	FD_SOCKET,  /* payload: generation and index of the record */
	FD_CLOSED, /* payload: the id of the socket that was closed, 0 if it was FD_OTHER; and the index of its record, 0 once the close
	            * is over */
};

typedef uint64_t fd_word;

/* Returned when nothing is recorded; no real entry has this value. */
#define FD_UNTOLD ((fd_word)FD_OTHER | 4)
/* The tombstone of an FD_OTHER. */
#define FD_GONE ((fd_word)FD_CLOSED)

static inline enum fd_kind fd_kind(fd_word w) { return (enum fd_kind)(w & 3); }
/* A word of kind FD_SOCKET holds the generation of the record in its high half, and in the low one where the record is in its pools. */
enum { RECORD_BITS = 7 };

/* A tombstone, from its lowest bit on: the kind, FD_TOLD, 39 bits of the id, 22 of the index. */
#define FD_TOLD 4ull /* a wait for it was reported */
static inline uint64_t fd_closed_sock(fd_word w) { return w << 22 >> 25; }
static inline fd_word fd_closed(uint64_t sock, fd_word was) { return was >> RECORD_BITS << 42 | sock << 3 | FD_CLOSED; }

/* What a data call touches comes first, in one cache line. */
struct socket {
	uint64_t refs;	  /* generation in the high half, descriptors in the low one */
	uint64_t rx, tx;  /* bytes, relaxed */
	uint64_t last;	  /* ns, CLOCK_MONOTONIC_COARSE, of the last byte, or before any byte of the connection */
	uint64_t gap;	  /* ns, the longest silence between two bytes */
	struct life life; /* read and written as a whole */
	int inside
		[2]; /* by enum side: the thread that entered a call last, negated once it left; or NOBODY, or UNUSED */
	uint64_t sock;	    /* its id in the trace */
	int maker;	    /* the thread that made it */
	uint32_t stack;	    /* where it was made */
	uint8_t told;	    /* TOLD_*: reported once per socket */
	uint8_t registered; /* in epoll sets: see registrations.h */
	uint16_t waited;    /* ms, the longest wait that was reported; a second and more count as one */
	uint32_t failed;    /* FAILED_* */
	uint32_t cause;	    /* see lang_cause(); kept if the program has a language */
	int listener;	    /* the number that it was accepted from, plus one; 0: it was not */
	uint64_t
		cookie; /* SO_COOKIE, or see identity_of(), 0 = not queried; and the id it belongs to: see socket_cookie */
	uint64_t cookie_check;
	uint64_t
		gone; /* ns, when the program was told that the peer is gone; means something in a state that says so */
	uint64_t text;	/* of its id, see sock_text(); 0: not made */
	uint32_t next;	/* next in the list of free records */
	uint32_t index; /* its own place */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct socket) == 1 << RECORD_BITS, "where it is, is a part of a word");

enum {
	TOLD_CONCURRENT = 1,
	TOLD_PIPE = 2,
	TOLD_OPEN = 4,	      /* a check reported it as open */
	TOLD_INTENDED = 8,    /* the program declared that it stays open */
	TOLD_USED = 16,	      /* this process, which inherited it, has used it */
	TOLD_END = 32,	      /* the program knows that the peer is gone */
	TOLD_STREAM = 64,     /* libc has it: a FILE moves its bytes, unseen */
	TOLD_ABANDONED = 128, /* a finalizer gave it up: the program forgot it */
};

enum { FAILED_CONNECT = 1, FAILED_BIND = 2, FAILED_RESET = 4 };

/* In `inside`: nobody yet; and inherited, and not used since. No thread has these ids, negated or not. */
#define NOBODY INT_MIN
#define UNUSED INT_MAX

/* The entries of low numbers and the first pool of records: beside each other, so that one address leads to both. */
#define FD_LOW 4096
#define POOL_BITS 12
#define POOL (1u << POOL_BITS)
extern struct fd_first {
	fd_word low[FD_LOW];
	struct socket pool[POOL];
} fd_first __attribute__((visibility("hidden")));
#define fd_low fd_first.low

fd_word *fd_high(int fd); /* NULL when nothing near it was ever stored */

/* The entry of a number, for reading: NULL if it was never stored, or the number is invalid. */
static inline fd_word *fd_entry(int fd)
{
	return __builtin_expect((unsigned)fd < FD_LOW, 1) ? &fd_low[fd] : fd_high(fd);
}

static inline fd_word fd_load(int fd)
{
	fd_word *e = fd_entry(fd);
	return e ? __atomic_load_n(e, __ATOMIC_ACQUIRE) : FD_UNKNOWN;
}

/* Stores an entry and returns the old one. Out of memory, the entry stays FD_UNKNOWN. */
fd_word fd_swap_far(int fd, fd_word w);
extern int fd_stored __attribute__((visibility("hidden"))); /* see fd_end */
extern int fd_watched __attribute__((visibility(
	"hidden"))); /* a number from here on that comes to be used is told by watch_look(); INT_MAX: none is */
extern int fd_plain
	__attribute__((visibility("hidden"))); /* the lesser of both: below it a store has nothing else to do */
static inline fd_word fd_swap(int fd, fd_word w)
{
	bool known = (unsigned)fd < FD_LOW && fd < __atomic_load_n(&fd_plain, __ATOMIC_RELAXED);
	return __builtin_expect(known, 1) ? __atomic_exchange_n(&fd_low[fd], w, __ATOMIC_ACQ_REL) : fd_swap_far(fd, w);
}

/* Stores if the entry is still `was`. */
static inline bool fd_replace(int fd, fd_word was, fd_word w)
{
	fd_word *e = fd_entry(fd);
	return e && __atomic_compare_exchange_n(e, &was, w, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Sets fd_watched. */
void fd_watch(int number);

/* The chunk of a table at *slot, mapped on first use; NULL if out of memory. */
void *part(void **slot, size_t len);

/* One past the largest number ever stored. */
static inline int fd_end(void) { return __atomic_load_n(&fd_stored, __ATOMIC_RELAXED); }

/* A new record with one descriptor, or NULL if out of memory. `*w` is set to the word for its entry. */
struct socket *socket_new(struct life life, fd_word *w);

/* Records are in pools, the first in .bss, the others mapped on first use. */
#define POOLS 8192
extern struct socket *socket_pool[POOLS] __attribute__((visibility("hidden")));

/* The record at an index that a word or the free list holds, whose pool therefore exists. */
static inline struct socket *socket_at(uint32_t index)
{
	return &__atomic_load_n(&socket_pool[index >> POOL_BITS], __ATOMIC_ACQUIRE)[index & (POOL - 1)];
}

static inline fd_word socket_word(uint32_t index, uint64_t refs)
{
	return refs >> 32 << 32 | index << RECORD_BITS | FD_SOCKET;
}
static inline uint32_t word_index(fd_word w) { return (uint32_t)w >> RECORD_BITS; }

/* Whether an entry is a socket's whose record is one of the first, as nearly all are; and that record. The entry alone says that the record is
 * its own, and no more than at that instant. */
static inline __attribute__((always_inline)) bool socket_is_plain(fd_word w)
{
	const uint32_t others = ~((POOL - 1) << RECORD_BITS); /* bits of which one is set otherwise */
	return __builtin_expect(!(((uint32_t)w - FD_SOCKET) & others), 1);
}
static inline __attribute__((always_inline)) struct socket *socket_plain(struct fd_first *first, fd_word w)
{
	struct socket *s = (struct socket *)((char *)first->pool + ((uint32_t)w - FD_SOCKET));
	__asm__("" : "+r"(s)); /* one address, not a sum at each use */
	return s;
}
static inline __attribute__((always_inline)) struct fd_first *fd_first_here(void)
{
	struct fd_first *first = &fd_first;
	__asm__("" : "+r"(first));
	return first;
}

/* The record behind a word, or NULL if the word is no socket or the socket has ended. */
static inline struct socket *socket_of(fd_word w)
{
	if (fd_kind(w) != FD_SOCKET)
		return NULL;
	struct socket *s = socket_at(word_index(w));
	uint64_t refs = __atomic_load_n(&s->refs, __ATOMIC_ACQUIRE);
	return (uint32_t)refs && w >> 32 == refs >> 32 ? s : NULL;
}

/* The word of the socket that a tombstone refers to, if that is still alive: in another descriptor, or because its close is in progress or
 * was abandoned. Else 0. */
fd_word fd_buried(fd_word w);
static inline fd_word fd_ending(fd_word w) { return __builtin_expect(fd_kind(w) == FD_CLOSED, 0) ? fd_buried(w) : 0; }

/* Every number is unknown again: of a process that was not recorded for a while. */
void fd_forget(void);

/* The next live socket at or after *fd, which is set to its descriptor; NULL if there is none. */
struct socket *socket_next(int *fd);

/* The next live record at or after *index, from 1 on, whether a number has it or its close is in progress; NULL if there is none. */
struct socket *socket_alive(uint32_t *index);

/* Counts one more descriptor; false if the socket has ended meanwhile. */
bool socket_ref(fd_word w);

/* Counts one descriptor less; true if that was the last one. The record may be reused from then on: copy it before. */
bool socket_unref(fd_word w);

/* Descriptors of the socket in this process. */
static inline unsigned socket_refs(const struct socket *s)
{
	return (uint32_t)__atomic_load_n(&s->refs, __ATOMIC_RELAXED);
}

/* Its id in the trace, for callers whose record may be reused meanwhile, and who check that afterwards. */
static inline uint64_t socket_id(const struct socket *s) { return __atomic_load_n(&s->sock, __ATOMIC_RELAXED); }

static inline struct life socket_life(const struct socket *s)
{
	struct life l;
	__atomic_load(&s->life, &l, __ATOMIC_RELAXED);
	return l;
}

/* Adds a flag to a socket's life. */
static inline void socket_flag(struct socket *s, unsigned flag)
{
	__atomic_fetch_or(&s->life.flags, (uint8_t)flag, __ATOMIC_RELAXED);
}

/* Clears what was reported about a socket, by TOLD_*. */
static inline void socket_untell(struct socket *s, unsigned told)
{
	__atomic_fetch_and(&s->told, (uint8_t)~told, __ATOMIC_RELAXED);
}

/* SO_COOKIE if it was queried, else 0. A slow thread may store it when the record is already another socket's, so it is valid only with the
 * id of the socket that was queried. */
static inline uint64_t cookie_seal(uint64_t cookie, uint64_t sock) { return cookie ^ sock * 0x9e3779b97f4a7c15ull; }
static inline void socket_keep_cookie(struct socket *s, uint64_t cookie, uint64_t sock)
{
	__atomic_store_n(&s->cookie, cookie, __ATOMIC_RELAXED);
	__atomic_store_n(&s->cookie_check, cookie_seal(cookie, sock), __ATOMIC_RELAXED);
}
static inline uint64_t socket_cookie(const struct socket *s)
{
	uint64_t cookie = __atomic_load_n(&s->cookie, __ATOMIC_RELAXED);
	bool fits = __atomic_load_n(&s->cookie_check, __ATOMIC_RELAXED) == cookie_seal(cookie, socket_id(s));
	return fits ? cookie : 0;
}

/* The list of free records: a tag against ABA in the high half, an index in the low one. And the last id that was given. */
extern uint64_t pool_free __attribute__((visibility("hidden"))), pool_numbers __attribute__((visibility("hidden")));

static inline uint64_t pool_head(uint64_t head, uint32_t index) { return ((head >> 32) + 1) << 32 | index; }

/* Fills a record that is in no list, and returns the word for its entry. `inside`: of both sides. */
static inline __attribute__((always_inline)) fd_word pool_fill(struct socket *s, uint32_t index, struct life life,
							       int inside)
{
	__atomic_store_n(&s->sock, __atomic_add_fetch(&pool_numbers, 1, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	__atomic_store_n(&s->cookie, 0, __ATOMIC_RELAXED);
	s->stack = 0;
	s->text = 0;
	__atomic_store_n(&s->rx, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->tx, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->last, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->gap, 0, __ATOMIC_RELAXED);
	s->inside[0] = s->inside[1] = inside;
	s->told = 0;
	s->registered = 0;
	s->waited = 0;
	s->failed = 0;
	__atomic_store(&s->life, &life, __ATOMIC_RELAXED);
	/* Nobody else holds a reference to a record without a descriptor. */
	uint64_t generation = __atomic_load_n(&s->refs, __ATOMIC_RELAXED);
	__atomic_store_n(&s->refs, generation + 1, __ATOMIC_RELEASE);
	return generation + (index << RECORD_BITS | FD_SOCKET);
}

/* Ids given to sockets: 1, 2, ... in a process; a forked child continues the sequence. */
uint64_t socket_number(void);
uint64_t socket_last(void); /* the last one given */

#endif

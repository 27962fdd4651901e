/* Which descriptor number is what, and which sockets live: without a lock, in memory touched only where it is used.
 *
 * A number's entry is one word that tells its kind: never seen, a socket, closed, something else. A socket has one record, shared by all
 * its descriptors in this process and counted by them; what else the user wants to have judged (the option `kinds`) has one too, and is
 * a socket to this table. Of the rest only a trail is kept: see trail.h. Everything here is safe in any thread and in signal handlers, and
 * touches no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FDTABLE_H
#define SHIM_FDTABLE_H

#include "shim/model/hooks.h"
#include "shim/track/lifecycle.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fd_kind {
	FD_UNKNOWN, /* never seen */
	FD_OTHER,   /* a descriptor of a kind that is not judged */
	FD_SOCKET,  /* payload: generation and index of the record */
	FD_CLOSED, /* payload: the number of the socket that was closed, 0: it was FD_OTHER; and the index of its record, 0: the close is over */
};

typedef uint64_t fd_word;

/* Stands for any entry where nothing is recorded; no entry is so. */
#define FD_UNTOLD ((fd_word)FD_OTHER | 4)
/* The tombstone of an FD_OTHER. */
#define FD_GONE ((fd_word)FD_CLOSED)

static inline enum fd_kind fd_kind(fd_word w) { return (enum fd_kind)(w & 3); }
/* A tombstone, from its lowest bit on: the kind, FD_TOLD, 39 bits of the number, 22 of the index. */
#define FD_TOLD 4ull /* that somebody waited for it has been told */
static inline uint64_t fd_closed_sock(fd_word w) { return w << 22 >> 25; }
static inline fd_word fd_closed(uint64_t sock, fd_word was) { return was >> 32 << 42 | sock << 3 | FD_CLOSED; }

/* What a data call touches comes first: it is one cache line. */
struct socket {
	uint64_t refs;	    /* generation in the high half, descriptors in the low one */
	uint64_t rx, tx;    /* bytes, relaxed */
	uint64_t last;	    /* ns, CLOCK_MONOTONIC_COARSE, of the last byte, or of the connection before it */
	uint64_t gap;	    /* ns, the longest silence between two bytes */
	struct life life;   /* read and written whole */
	int inside[2];	    /* by enum side: the thread that entered a call last, negative once it left; or UNUSED */
	uint64_t sock;	    /* its number in the trace */
	int maker;	    /* the thread that made it */
	uint32_t stack;	    /* where it was made */
	uint8_t told;	    /* TOLD_*: said once per socket */
	uint8_t registered; /* in epoll sets: see registrations.h */
	uint16_t waited;    /* ms, the longest wait that was told; a second and more count as one */
	uint32_t cause;	    /* see lang_cause(); kept where a language is here */
	uint64_t cookie;    /* SO_COOKIE, 0 = not asked; and what it fits: see socket_cookie */
	uint64_t cookie_check;
	uint32_t next;	/* in the list of free records */
	uint32_t index; /* its own place */
} __attribute__((aligned(64)));

enum {
	TOLD_CONCURRENT = 1,
	TOLD_PIPE = 2,
	TOLD_OPEN = 4,	      /* by a check: it is open */
	TOLD_INTENDED = 8,    /* by the program: it is to stay open */
	TOLD_USED = 16,	      /* by this process, which inherited it */
	TOLD_END = 32,	      /* to the program: the peer is gone */
	TOLD_STREAM = 64,     /* to libc: a FILE moves its bytes, unseen */
	TOLD_ABANDONED = 128, /* by a finalizer: the program forgot it */
};

/* In `inside`: inherited, and no call was made on it since. No thread has this number. */
#define UNUSED INT_MAX

#define FD_LOW 4096
extern fd_word fd_low[FD_LOW];

fd_word *fd_high(int fd); /* NULL when nothing near it was ever stored */

/* The entry of a number, to read: NULL when it was never stored, or is no number. */
static inline fd_word *fd_entry(int fd)
{
	return __builtin_expect((unsigned)fd < FD_LOW, 1) ? &fd_low[fd] : fd_high(fd);
}

static inline fd_word fd_load(int fd)
{
	fd_word *e = fd_entry(fd);
	return e ? __atomic_load_n(e, __ATOMIC_ACQUIRE) : FD_UNKNOWN;
}

/* Stores and returns what was there. Out of memory: the number stays FD_UNKNOWN. */
fd_word fd_swap_far(int fd, fd_word w);
extern int fd_stored; /* see fd_end */
static inline fd_word fd_swap(int fd, fd_word w)
{
	bool known = (unsigned)fd < FD_LOW && fd < __atomic_load_n(&fd_stored, __ATOMIC_RELAXED);
	return __builtin_expect(known, 1) ? __atomic_exchange_n(&fd_low[fd], w, __ATOMIC_ACQ_REL) : fd_swap_far(fd, w);
}

/* Stores when the entry still is `was`. */
static inline bool fd_replace(int fd, fd_word was, fd_word w)
{
	fd_word *e = fd_entry(fd);
	return e && __atomic_compare_exchange_n(e, &was, w, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The part of a table at *slot, mapped by whoever comes first; NULL when memory is refused. */
void *part(void **slot, size_t len);

/* One past the largest number ever stored. */
static inline int fd_end(void) { return __atomic_load_n(&fd_stored, __ATOMIC_RELAXED); }

/* A new record with one descriptor, or NULL when memory is refused. `*w` is the word for its entry. */
struct socket *socket_new(struct life life, fd_word *w);

/* Records lie in pools, the first in .bss, the others mapped when first needed. */
#define POOL_BITS 12
#define POOL (1u << POOL_BITS)
#define POOLS 8192
extern struct socket *socket_pool[POOLS];

/* The record at an index that a word or the free list holds, so that its pool is there. */
static inline struct socket *socket_at(uint32_t index)
{
	return &__atomic_load_n(&socket_pool[index >> POOL_BITS], __ATOMIC_ACQUIRE)[index & (POOL - 1)];
}

/* A word of kind FD_SOCKET holds the record's index and 30 bits of its generation. */
static inline fd_word socket_word(uint32_t index, uint64_t refs)
{
	return (uint64_t)index << 32 | (refs >> 32 << 2 & 0xffffffff) | FD_SOCKET;
}

/* The record behind a word, or NULL when the word is none or the socket has ended. */
static inline struct socket *socket_of(fd_word w)
{
	if (fd_kind(w) != FD_SOCKET)
		return NULL;
	struct socket *s = socket_at((uint32_t)(w >> 32));
	uint64_t refs = __atomic_load_n(&s->refs, __ATOMIC_ACQUIRE);
	return (uint32_t)refs && socket_word((uint32_t)(w >> 32), refs) == w ? s : NULL;
}

/* The word of the socket that a tombstone tells of, where that lives: by another descriptor, or its close is under way or was left. Else 0. */
fd_word fd_buried(fd_word w);
static inline fd_word fd_ending(fd_word w) { return __builtin_expect(fd_kind(w) == FD_CLOSED, 0) ? fd_buried(w) : 0; }

/* Every number is unknown again: of a process that was not recorded for a while. */
void fd_forget(void);

/* The next live socket at or after *fd, which becomes its number; NULL: there is none. */
struct socket *socket_next(int *fd);

/* Counts one more descriptor; false when the socket has ended meanwhile. */
bool socket_ref(fd_word w);

/* Counts one descriptor less; true when that was the last one. The record may be used again from then on: copy it before. */
bool socket_unref(fd_word w);

/* Descriptors of the socket in this process. */
static inline unsigned socket_refs(const struct socket *s)
{
	return (uint32_t)__atomic_load_n(&s->refs, __ATOMIC_RELAXED);
}

/* Its number in the trace, for who may find the record used again meanwhile, and looks afterwards whether it was. */
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

/* What was said of a socket, by TOLD_*, is forgotten. */
static inline void socket_untell(struct socket *s, unsigned told)
{
	__atomic_fetch_and(&s->told, (uint8_t)~told, __ATOMIC_RELAXED);
}

/* SO_COOKIE as far as it was asked, 0 when it was not. Whoever asked may come to store it when the record is another socket's: it counts
 * only together with the number of the socket that it was asked for. */
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

/* Numbers given to sockets: 1, 2, ... in a process; a forked child counts on. */
uint64_t socket_number(void);
uint64_t socket_last(void); /* the one given last */

#endif

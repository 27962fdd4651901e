/* What lines say again and again. Lines of one place and kind differ in their time, number, socket and counters alone: the rest is kept, in pieces,
 * and copied. All threads share the table; a thread that meets an entry that is being written does without. Private to shim/track.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PATTERN_H
#define SHIM_PATTERN_H

#include "shim/state/joined.h"
#include "shim/trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the pieces depend on, see brief.h: no key has a `what` of 0. */
struct pattern_key {
	uint64_t what, more;
};

enum { PATTERNS = 256, PATTERN_BITS = 8, HEAD_MOST = 24, RET_MOST = 40, TAIL_MOST = 144 };
extern struct pattern {
	uint64_t turn; /* odd while it is written */
	struct pattern_key key;
	uint64_t other;	 /* see meeting.c */
	uint32_t missed; /* by lines of other keys */
	uint8_t head_len, ret_len, tail_len;
	char head[HEAD_MOST]; /* from the op to the number */
	char ret[RET_MOST];   /* of what is made, from the socket to the number that was returned */
	char tail[TAIL_MOST]; /* from there on, or from the socket on */
} __attribute__((aligned(64))) patterns[PATTERNS] __attribute__((visibility("hidden")));
_Static_assert(sizeof(struct pattern) == 256, "no room is lost");

static inline __attribute__((always_inline)) struct pattern *pattern_at(struct pattern_key key)
{
	struct pattern *p = &patterns[(key.more ^ key.what) * 0x9e3779b97f4a7c15ull >> (64 - PATTERN_BITS)];
	__asm__("" : "+r"(p)); /* one address, not a sum at each use */
	return p;
}

/* The tail of a pattern goes to `at`, of which `most` bytes may be written over: a constant, and no pattern with that key has a longer one.
 * Returns the end, or NULL if the pattern became another meanwhile. */
static inline __attribute__((always_inline)) char *pattern_tail(const struct pattern *p, uint64_t turn, char *at,
								size_t most)
{
	memcpy(at, p->tail, most);
	at += p->tail_len;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __builtin_expect(JOINED(p->turn) == turn, 1) ? at : NULL;
}

/* Whether an entry is the key's, and its turn is told. */
static inline __attribute__((always_inline)) bool pattern_is(const struct pattern *p, struct pattern_key key,
							     uint64_t *turn)
{
	*turn = __atomic_load_n(&p->turn, __ATOMIC_ACQUIRE);
	return __builtin_expect(JOINED(p->key.what) == key.what && JOINED(p->key.more) == key.more && !(*turn & 1), 1);
}

/* Whether an entry is free for that key, or has served another one for some time. */
bool pattern_gives_way(struct pattern_key);

/* Keeps the pieces of a line for that key, if its tail has at most `most` bytes. `op` is where that begins, in the line that ends at `end`. `made`: what
 * was returned is no part of them. */
void pattern_learn(struct pattern_key, uint64_t other, bool made, const char *op, const char *end, size_t most);

#endif

/* A line with the usual keys alone, as most are. It is built inline, where it is told: what it says is then in registers, and its way into
 * the trace needs no function. Only the line is in memory. Private to shim/track.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_BRIEF_H
#define SHIM_BRIEF_H

#include "shim/model/words.h"
#include "shim/state/thread.h"
#include "shim/trace/digits.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/put.h"
#include "shim/track/lifecycle.h"
#include "shim/track/pattern.h"

#include <endian.h>
#include <string.h>

enum { LINE = 1024, ROOM = LINE - JSONL_TAIL };

#define HIDDEN __attribute__((visibility("hidden")))

/* Every member is to be set. */
struct brief {
	const char *op;
	uint32_t op_len;
	int fd;
	uint64_t sock, t, text; /* the text of `sock`; 0: not made */
	long ret;
	uint32_t stack; /* 0: none */
	uint8_t from, to;
	bool made;    /* the line has `life`, and no counters */
	bool cloexec; /* only if made */
	struct life life;
	uint64_t rx, tx, last; /* only if not made */
};
void record_long(struct brief); /* the same for any values */
struct event;
void record_learns(struct pattern_key, uint64_t other, const struct event *,
		   size_t most); /* whose line is the pattern's */

/* Lines of a thread begin alike, but for the last eight digits of their time: see struct thread. A signal handler may come in between, and
 * keep another beginning. */
char *put_start_anew(char *at, uint64_t t);
static inline __attribute__((always_inline)) char *put_start(char *at, uint64_t t)
{
	uint64_t high = t / EIGHT, was = __atomic_load_n(&thread.start_high, __ATOMIC_RELAXED);
	unsigned len = __atomic_load_n(&thread.start_len, __ATOMIC_RELAXED);
	unsigned digits = __atomic_load_n(&thread.start_digits, __ATOMIC_RELAXED);
	memcpy(at, thread.start, sizeof thread.start);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(was != high + 1 || JOINED(thread.start_high) != was, 0))
		return put_start_anew(at, t);
	all_eight(at + digits, t - high * EIGHT);
	return at + len;
}

/* A number of at most 16 bits with its text, in one word: five digits or blanks, the first lowest, how many digits, the number. Lines repeat
 * a few numbers: of stacks, of descriptors, and of a socket when it is closed. */
enum { TEXTS = 256, DIGITS = 40, NUMBER = 48, MOST = 0xffff };
extern uint64_t texts[TEXTS] HIDDEN;
uint64_t text_anew(uint64_t n, uint64_t *kept);

/* Of 1 to MOST: an empty text is that of 0. */
static inline uint64_t text_of(uint64_t n, uint64_t *kept)
{
	uint64_t text = __atomic_load_n(kept, __ATOMIC_RELAXED);
	return __builtin_expect(text >> NUMBER == n, 1) ? text : text_anew(n, kept);
}

/* What follows the digits is written over. */
static inline char *put_text(char *at, uint64_t text)
{
	uint64_t digits = htole64(text);
	memcpy(at, &digits, sizeof digits);
	return at + (text >> DIGITS & 0xff);
}

static inline char *put_number(char *at, int64_t n)
{
	return (uint64_t)n - 1 <= MOST - 1 ? put_text(at, text_of((uint64_t)n, &texts[n % TEXTS]))
					   : jsonl_signed_decimal(at, n);
}

/* A thread's sockets often have one number after the other. */
enum { SOCKS = sizeof thread.socks / sizeof *thread.socks };
uint64_t sock_anew(uint64_t n);
static inline char *put_sock(char *at, uint64_t n)
{
	if (__builtin_expect(n - 1 > MOST - 1, 0))
		return jsonl_decimal(at, n);
	uint64_t text = __atomic_load_n(&thread.socks[n % SOCKS], __ATOMIC_RELAXED);
	return put_text(at, __builtin_expect(text >> NUMBER == n, 1) ? text : sock_anew(n));
}

/* The text of a new socket's number, which is mostly the next: its last digit is one more then. Otherwise, a carry, say, sock_next() makes it. 0: the
 * number is too large. */
uint64_t sock_next(uint64_t n);
static inline __attribute__((always_inline)) uint64_t sock_text(uint64_t n)
{
	uint64_t text = __atomic_load_n(&thread.sock_text, __ATOMIC_RELAXED);
	unsigned last = ((text >> DIGITS & 0xff) - 1) * 8; /* where the last digit is */
	if (__builtin_expect((text >> NUMBER) + 1 != n, 0))
		return sock_next(n);
	text += (1ull << NUMBER) + (1ull << (last & 63));
	if (__builtin_expect((uint8_t)(text >> (last & 63)) > '9', 0))
		return sock_next(n);
	__atomic_store_n(&thread.sock_text, text, __ATOMIC_RELAXED);
	return text;
}

static inline __attribute__((always_inline)) char *put_counters(char *at, uint64_t rx, uint64_t tx, uint64_t last)
{
	if (rx)
		at = jsonl_decimal(JSONL_PUT(at, ",\"rx\":"), rx);
	if (tx)
		at = jsonl_decimal(JSONL_PUT(at, ",\"tx\":"), tx);
	if (last)
		at = kept_decimal(JSONL_PUT(at, ",\"last\":"), last, &thread.last);
	return at;
}

/* What a brief line says beside its time, its number, its socket and its counters: the key of its pattern. `what` has the address of its op, and
 * below that these. Returns false for a line of no pattern. */
enum { BRIEF_MADE = 1, BRIEF_SAME = 2, BRIEF_CLOEXEC = 4, BRIEF_BITS = 3, BRIEF_MOST = 80 };
static inline __attribute__((always_inline)) bool brief_key(const struct brief *b, struct pattern_key *key)
{
	uint32_t life = b->from;
	bool same = b->made && b->ret == b->fd;
	if (b->made)
		memcpy(&life, &b->life, sizeof life);
	key->what = (uintptr_t)b->op << BRIEF_BITS | (b->made ? BRIEF_MADE : 0) | (same ? BRIEF_SAME : 0) |
		    (b->cloexec ? BRIEF_CLOEXEC : 0);
	key->more = (uint64_t)b->stack << 32 | life;
	return __builtin_expect((unsigned)b->fd - 1 <= MOST - 1, 1);
}

/* Whether what it returned and led to is as the pattern of its key says. */
static inline __attribute__((always_inline)) bool brief_is_usual(const struct brief *b)
{
	return __builtin_expect(b->made ? !b->ret || b->ret == b->fd : !b->ret && b->to == STATE_CLOSED, 1);
}

/* A line by its pattern, up to the tail, of which `most` bytes are copied. NULL: the pattern became another meanwhile. */
static inline __attribute__((always_inline)) char *put_pattern(char *line, const struct brief *b,
							       const struct pattern *p, uint64_t turn, size_t most)
{
	char *at = put_start(line, b->t);
	uint64_t fd = text_of((unsigned)b->fd, &texts[(unsigned)b->fd % TEXTS]);
	memcpy(at, p->head, HEAD_MOST);
	at = put_text(at + p->head_len, fd);
	at = JSONL_PUT(at, ",\"sock\":");
	at = __builtin_expect(b->text != 0, 1) ? put_text(at, b->text) : put_sock(at, b->sock);
	if (b->made) {
		memcpy(at, p->ret, RET_MOST);
		at += p->ret_len;
		at = b->ret == b->fd ? put_text(at, fd) : JSONL_PUT(at, "0");
	}
	return pattern_tail(p, turn, at, most);
}

/* Ends a line and puts it into the trace. */
static inline __attribute__((always_inline)) void put_end(const char *line, char *at)
{
	at = JSONL_PUT(at, "}\n");
	if (__builtin_expect(trace_put_here(line, (size_t)(at - line)), 1))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}

static inline __attribute__((always_inline)) void record_brief(const struct brief *b)
{
	struct pattern_key key;
	uint64_t turn;
	char line[LINE], *at;
	if (brief_key(b, &key) && brief_is_usual(b)) {
		const struct pattern *p = pattern_at(key);
		if (pattern_is(p, key, &turn) && (at = put_pattern(line, b, p, turn, BRIEF_MOST))) {
			if (!b->made && b->rx | b->tx)
				at = put_counters(at, b->rx, b->tx, b->last);
			put_end(line, at);
			return;
		}
	}
	record_long(*b);
}

#endif

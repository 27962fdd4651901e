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

#include <endian.h>
#include <string.h>

enum { LINE = 1024, ROOM = LINE - JSONL_TAIL };

#define HIDDEN __attribute__((visibility("hidden")))

/* Every member is to be set. */
struct brief {
	const char *op;
	uint32_t op_len;
	int fd;
	uint64_t sock, t;
	long ret;
	uint32_t stack; /* 0: none */
	uint8_t from, to;
	bool made;    /* the line has `life`, and no counters */
	bool cloexec; /* only if made */
	struct life life;
	uint64_t rx, tx, last; /* only if not made */
};
void record_long(struct brief); /* the same for any values */

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
	if (__builtin_expect(was != high + 1 || __atomic_load_n(&thread.start_high, __ATOMIC_RELAXED) != was, 0))
		return put_start_anew(at, t);
	all_eight(at + digits, t - high * EIGHT);
	return at + len;
}

/* A number of at most 16 bits with its text, in one word: five digits, the first lowest, their number, the number. Lines repeat a few
 * numbers: of stacks, of descriptors, and of a socket when it is closed. */
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

static inline char *put_sock(char *at, uint64_t n)
{
	enum { SOCKS = sizeof thread.socks / sizeof *thread.socks };
	return n - 1 <= MOST - 1 ? put_text(at, text_of(n, &thread.socks[n % SOCKS])) : jsonl_decimal(at, n);
}

/* Most names have four to eight letters. */
static inline char *put_op(char *at, const char *op, uint32_t len)
{
	enum { HALF = 4 };
	if (__builtin_expect(len - HALF <= HALF, 1)) {
		memcpy(at, op, HALF);
		memcpy(at + len - HALF, op + len - HALF, HALF);
	} else {
		memcpy(at, op, len);
	}
	return at + len;
}

/* The sockets that most programs have, where their family and type place them. */
#define SOCKET_PLACE(family, type) (((family) + 4 * (type)) & 15)
extern const struct socket_text {
	char text[48];
	uint8_t len, family, type;
} __attribute__((aligned(64))) socket_texts[16] HIDDEN;
char *put_rare_kind(char *line, char *at, struct life);
static inline char *put_kind(char *line, char *at, struct life life)
{
	const struct socket_text *usual = &socket_texts[SOCKET_PLACE(life.family, life.type)];
	if (__builtin_expect(usual->family != life.family || usual->type != life.type, 0))
		return put_rare_kind(line, at, life);
	memcpy(at, usual->text, sizeof usual->text);
	return at + usual->len;
}

static inline char *put_counters(char *at, uint64_t rx, uint64_t tx, uint64_t last)
{
	if (rx)
		at = jsonl_decimal(JSONL_PUT(at, ",\"rx\":"), rx);
	if (tx)
		at = jsonl_decimal(JSONL_PUT(at, ",\"tx\":"), tx);
	if (last)
		at = kept_decimal(JSONL_PUT(at, ",\"last\":"), last, &thread.last);
	return at;
}

/* The states of a line, by the one that it ends or begins with, and the key behind them. */
struct step_text {
	char text[47];
	uint8_t len;
};
extern const struct step_text step_makes[STATES] HIDDEN, step_closes[STATES] HIDDEN;

static inline __attribute__((always_inline)) void record_brief(const struct brief *b)
{
	const struct step_text *step = b->made ? &step_makes[b->to] : &step_closes[b->from];
	bool same = b->ret == b->fd;
	if (__builtin_expect((unsigned)b->fd - 1 > MOST - 1 || b->stack - 1 > MOST - 1 || (!same && b->ret) ||
				     (!b->made && b->to != STATE_CLOSED),
			     0)) {
		record_long(*b);
		return;
	}
	char line[LINE], *at = put_op(put_start(line, b->t), b->op, b->op_len);
	uint64_t fd = text_of((unsigned)b->fd, &texts[(unsigned)b->fd % TEXTS]);
	at = put_text(JSONL_PUT(at, "\",\"fd\":"), fd);
	at = put_sock(JSONL_PUT(at, ",\"sock\":"), b->sock);
	memcpy(at, step, sizeof *step);
	at += step->len;
	at = same ? put_text(at, fd) : JSONL_PUT(at, "0");
	at = put_text(JSONL_PUT(at, ",\"stack\":"), text_of(b->stack, &texts[b->stack % TEXTS]));
	if (b->made) {
		at = put_kind(line, at, b->life);
		if (b->cloexec)
			at = JSONL_PUT(at, ",\"cloexec\":true");
	} else if (b->rx | b->tx) {
		at = put_counters(at, b->rx, b->tx, b->last);
	}
	at = JSONL_PUT(at, "}\n");
	if (__builtin_expect(trace_put_here(line, (size_t)(at - line)), 1))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}

#endif

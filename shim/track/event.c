/* An fd line of the trace: see event.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/event.h"

#include "shim/state/self.h"
#include "shim/trace/trace.h"
#include "shim/track/brief.h"
#include "shim/track/noted.h"

#include <string.h>

/* Opened again in the middle of a line. */
static inline struct jsonl continued(char *line, char *at)
{
	return (struct jsonl){.start = line, .at = at, .end = line + ROOM};
}

/* Names for numbers, in the order of their first use. */
#define NAME(x)                     \
	{                           \
		x, JSONL_PADDED(#x) \
	}
static const struct name {
	int value;
	struct jsonl_padded name;
} families[] = {NAME(AF_INET),	 NAME(AF_INET6), NAME(AF_UNIX), NAME(AF_NETLINK),
		NAME(AF_PACKET), NAME(AF_VSOCK), NAME(AF_ALG),	{0}},
  types[] = {NAME(SOCK_STREAM), NAME(SOCK_DGRAM), NAME(SOCK_RAW), NAME(SOCK_SEQPACKET), {0}};
#undef NAME

/* Room for a value the table lacks: "SOCK_4294967295". */
static char *put_number_name(char *at, const char *prefix, unsigned value)
{
	*at++ = '"';
	at = jsonl_decimal(stpcpy(at, prefix), value);
	*at++ = '"';
	return at;
}

static inline void put_name(struct jsonl *j, const char *key, const struct name *table, int value, const char *prefix)
{
	char *at = jsonl_key(j, key, 40);
	if (!at)
		return;
	while (table->name.len && table->value != value)
		table++;
	j->at = table->name.len ? jsonl_put_padded(at, &table->name) : put_number_name(at, prefix, (unsigned)value);
}

void record_kind(struct jsonl *j, struct life life)
{
	static const struct jsonl_padded kinds[KINDS] = {
#define KIND(id, words) JSONL_PADDED(#id),
#include "shim/model/kind.def"
#undef KIND
	};
	char *at;
	if (life_kind(life) != KIND_socket) {
		if ((at = jsonl_key(j, "kind", sizeof *kinds + 2)))
			j->at = jsonl_put_padded(at, &kinds[life_kind(life)]);
		return;
	}
	put_name(j, "family", families, life.family, "AF_");
	put_name(j, "type", types, life.type, "SOCK_");
}

static char *put_kind(char *line, char *at, struct life life)
{
	struct jsonl j = continued(line, at);
	record_kind(&j, life);
	return j.at;
}

static __attribute__((noinline)) char *put_errno(char *line, char *at, int error)
{
	extern const char *strerrorname_np(int) __attribute__((weak));
	struct jsonl j = continued(line, at);
	const char *name = strerrorname_np ? strerrorname_np(error) : NULL;
	if (name)
		jsonl_word(&j, "errno", name);
	else if ((at = jsonl_key(&j, "errno", 40)))
		j.at = put_number_name(at, "E", (unsigned)error);
	return j.at;
}

static char *put_ids_of(char *at, int tid)
{
	at = jsonl_signed_decimal(JSONL_PUT(at, ",\"pid\":"), process_pid());
	at = jsonl_signed_decimal(JSONL_PUT(at, ",\"tid\":"), tid);
	return JSONL_PUT(at, ",\"op\":\"");
}

char *put_start_anew(char *at, uint64_t t)
{
	enum { MADE_IN = 2 * sizeof thread.start }; /* each number may take 20 bytes while it is made */
	char made[MADE_IN], *end = jsonl_decimal(JSONL_PUT(made, "{\"ev\":\"fd\",\"t\":"), t), *digits = end - 8;
	end = put_ids_of(end, thread_tid());
	size_t len = (size_t)(end - made);
	memcpy(at, made, len);
	if (t < EIGHT || len > sizeof thread.start)
		return at + len;
	__atomic_store_n(&thread.start_high, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(thread.start, made, len);
	thread.start_len = (uint8_t)len;
	thread.start_digits = (uint8_t)(digits - made);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&thread.start_high, t / EIGHT + 1, __ATOMIC_RELAXED);
	return at + len;
}

/* For a line about what another thread did. */
static __attribute__((noinline, cold)) char *put_other_start(char *at, uint64_t t, int tid)
{
	return put_ids_of(jsonl_decimal(JSONL_PUT(at, "{\"ev\":\"fd\",\"t\":"), t), tid);
}

static inline char *put_state(char *at, unsigned state)
{
	static const struct jsonl_padded states[STATES] = {
		[STATE_NONE] = JSONL_PADDED("null"),
#define STATE(id, text) [STATE_##id] = JSONL_PADDED("\"" text "\""),
#include "shim/model/event.def"
	};
	memcpy(at, &states[state], sizeof *states);
	return at + states[state].len;
}

uint64_t texts[TEXTS];

uint64_t text_anew(uint64_t n, uint64_t *kept)
{
	uint64_t all = eight(n), leading = (uint64_t)__builtin_ctzll(all | 1ull << 56) & ~7ull;
	uint64_t text = (all | ZEROS) >> leading | BLANKS >> 8 * 3 | (8 - leading / 8) << DIGITS | n << NUMBER;
	__atomic_store_n(kept, text, __ATOMIC_RELAXED);
	return text;
}

uint64_t sock_anew(uint64_t n) { return text_anew(n, &thread.socks[n % SOCKS]); }

uint64_t sock_next(uint64_t n)
{
	if (n <= MOST)
		return text_anew(n, &thread.sock_text);
	__atomic_store_n(&thread.sock_text, SOCK_NONE, __ATOMIC_RELAXED);
	return 0;
}

static inline char *put_step(char *at, int fd, uint64_t sock, unsigned from, unsigned to)
{
	at = put_number(JSONL_PUT(at, "\",\"fd\":"), fd);
	if (sock)
		at = put_sock(JSONL_PUT(at, ",\"sock\":"), sock);
	at = put_state(JSONL_PUT(at, ",\"from\":"), from);
	return put_state(JSONL_PUT(at, ",\"to\":"), to);
}

/* The keys of nearly all lines; they take less than half of a line's room. */
static inline char *put_usual(char *at, const struct event *e)
{
	uint64_t t = e->t ? e->t : trace_now();
	at = __builtin_expect(!e->tid, 1) ? put_start(at, t) : put_other_start(at, t, e->tid);
	at = mempcpy(at, e->op, e->op_len);
	at = put_step(at, e->fd, e->sock, e->from, e->to);
	if (e->has_ret)
		at = put_number(JSONL_PUT(at, ",\"ret\":"), e->ret);
	return at;
}

/* The keys that few lines have. */
static __attribute__((noinline)) char *put_rare(char *line, char *at, const struct event *e)
{
	struct jsonl j = continued(line, at);
	if (e->gap >= WAIT_TOLD)
		jsonl_uint(&j, "gap", e->gap);
	if (e->waited)
		jsonl_uint(&j, "waited", e->waited);
	if (e->timeout)
		jsonl_uint(&j, "timeout", e->timeout);
	if (e->close_wait)
		jsonl_uint(&j, "close_wait", e->close_wait);
	if (e->unread)
		jsonl_int(&j, "unread", e->unread);
	if (e->cookie)
		jsonl_digits(&j, "cookie", e->cookie);
	if (e->inherited)
		jsonl_bool(&j, "inherited", true);
	if (e->used)
		jsonl_bool(&j, "used", true);
	if (e->reuse)
		jsonl_bool(&j, "reuse", true);
	if (e->other)
		jsonl_int(&j, "other", e->other);
	if (e->reader)
		jsonl_int(&j, "reader", e->reader);
	if (e->writer)
		jsonl_int(&j, "writer", e->writer);
	if (e->has_epoll)
		jsonl_int(&j, "epoll", e->epoll);
	if (e->registered)
		jsonl_uint(&j, "registered", e->registered);
	if (e->closed)
		jsonl_uint(&j, "closed", e->closed);
	if (e->note)
		jsonl_word(&j, "note", note_name(e->note));
	if (e->violation) {
		jsonl_word(&j, "violation", violation_name(e->violation));
		check_note(e->violation, e->op, e->fd);
	}
	return j.at;
}

bool (*event_keeps)(const struct event *);

/* Writes a line about a violation or a long wait where it is kept. Returns false if it is not kept. */
static __attribute__((noinline, cold)) bool put_kept(char *line, char *at, const struct event *e)
{
	if (!e->keep && event_keeps && event_keeps(e)) { /* again, so that its time is later than the lines it needs */
		struct event later = *e;
		later.keep = true;
		record(&later);
		return true;
	}
	at = JSONL_PUT(at, "}\n");
	if (!e->keep || !trace_put_as(TRACE_PLACE, line, (size_t)(at - line)))
		return false;
	__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
	return true;
}

static __attribute__((noinline)) char *put_made(char *line, char *at, const struct event *e)
{
	struct jsonl j = continued(line, at);
	if (e->has_newfd)
		jsonl_int(&j, "newfd", e->newfd);
	if (e->has_backlog)
		jsonl_int(&j, "backlog", e->backlog);
	if (e->has_listener)
		jsonl_int(&j, "listener", e->listener);
	return j.at;
}

static __attribute__((noinline)) char *put_addresses(char *line, char *at, const struct event *e)
{
	struct jsonl j = continued(line, at);
	if (e->local)
		jsonl_address(&j, "local", e->local, e->local_len);
	if (e->peer)
		jsonl_address(&j, "peer", e->peer, e->peer_len);
	return j.at;
}

/* What a line may tell of a descriptor that is made or closed. Up to the addresses all fits. */
static inline char *put_most(char *line, const struct event *e)
{
	char *at = put_usual(line, e);
	if (e->error)
		at = put_errno(line, at, e->error);
	if (e->stack)
		at = put_number(JSONL_PUT(at, ",\"stack\":"), e->stack);
	if (e->has_newfd || e->has_backlog || e->has_listener)
		at = put_made(line, at, e);
	if (e->has_kind)
		at = put_kind(line, at, e->life);
	if (e->local || e->peer)
		at = put_addresses(line, at, e);
	if (e->rx | e->tx && line + ROOM - at >= (ptrdiff_t)sizeof ",'rx':,'tx':,'last':" + 3 * 20)
		at = put_counters(at, e->rx, e->tx, e->last);
	if (e->cloexec && line + ROOM - at >= (ptrdiff_t)sizeof ",'cloexec':true")
		at = JSONL_PUT(at, ",\"cloexec\":true");
	return at;
}

/* On the way of a usual line only `at` changes, in a register; others build the rest. */
void record(const struct event *e)
{
	char line[LINE], *at = put_most(line, e);
	if (e->gap >= WAIT_TOLD ||
	    e->waited | e->timeout | e->close_wait | e->cookie |
		    (unsigned)(e->unread | e->other | e->reader | e->writer) ||
	    e->inherited | e->used | e->note | e->violation | e->keep) {
		at = put_rare(line, at, e);
		if (trace_bounds() != UINT64_MAX && put_kept(line, at, e))
			return;
	}
	at = JSONL_PUT(at, "}\n");
	if (trace_put(line, (size_t)(at - line)))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}

/* From a line of that very event, without its counters, and up to the address of who was accepted. */
void record_learns(struct pattern_key key, uint64_t other, const struct event *told, size_t most)
{
	char line[LINE];
	if (!pattern_gives_way(key))
		return;
	struct event e = *told;
	e.rx = e.tx = 0;
	if (e.has_listener)
		e.peer = NULL;
	e.cloexec &= !e.has_listener;
	size_t start = (size_t)(put_start(line, e.t) - line);
	char *end = put_most(line, &e);
	if (e.has_listener)
		end = JSONL_PUT(end, ",\"peer\":\"");
	pattern_learn(key, other, e.has_kind, line + start, end, most);
}

void record_long(struct brief b)
{
	struct event e = {.op = b.op, .op_len = b.op_len, .fd = b.fd, .sock = b.sock, .t = b.t, .stack = b.stack};
	struct pattern_key key;
	e.from = b.from;
	e.to = b.to;
	e.has_ret = true;
	e.ret = b.ret;
	if ((e.has_kind = b.made)) {
		e.life = b.life;
		e.cloexec = b.cloexec;
	} else {
		e.rx = b.rx;
		e.tx = b.tx;
		e.last = b.last;
	}
	record(&e);
	if (brief_key(&b, &key) && brief_is_usual(&b))
		record_learns(key, 0, &e, BRIEF_MOST);
}

void event_counters(struct event *e, const struct socket *s)
{
	e->rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
	e->tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
	e->last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
	e->gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED);
}

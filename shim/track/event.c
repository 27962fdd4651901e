/* An fd line of the trace: see event.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/event.h"

#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/noted.h"

#include <string.h>

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

static inline struct jsonl put_kind(struct jsonl j, struct life life)
{
	static const struct jsonl_padded kinds[KINDS] = {
#define KIND(id, words) JSONL_PADDED(#id),
#include "shim/model/kind.def"
#undef KIND
	};
	char *at;
	if (life_kind(life) != KIND_socket) {
		if ((at = jsonl_key(&j, "kind", sizeof *kinds + 2)))
			j.at = jsonl_put_padded(at, &kinds[life_kind(life)]);
		return j;
	}
	put_name(&j, "family", families, life.family, "AF_");
	put_name(&j, "type", types, life.type, "SOCK_");
	return j;
}

void record_kind(struct jsonl *j, struct life life) { *j = put_kind(*j, life); }

static inline void put_errno(struct jsonl *j, int error)
{
	extern const char *strerrorname_np(int) __attribute__((weak));
	const char *name = strerrorname_np ? strerrorname_np(error) : NULL;
	char *at;
	if (name)
		jsonl_word(j, "errno", name);
	else if ((at = jsonl_key(j, "errno", 40)))
		j->at = put_number_name(at, "E", (unsigned)error);
}

/* The same in each line of a thread, so made once. A signal handler may make it at the same time, with the same bytes. */
static __attribute__((noinline)) void make_ids(void)
{
	struct jsonl ids = {.start = thread.ids, .at = thread.ids, .end = thread.ids + sizeof thread.ids};
	jsonl_int(&ids, "pid", process_pid());
	jsonl_int(&ids, "tid", thread_tid());
	__atomic_store_n(&thread.ids_len, (uint8_t)(ids.at - ids.start), __ATOMIC_RELEASE);
}

static inline void put_ids(struct jsonl *j)
{
	if (__builtin_expect(!thread.ids_len, 0))
		make_ids();
	memcpy(j->at, thread.ids, sizeof thread.ids);
	j->at += thread.ids_len;
}

/* For a line about what another thread did. */
static __attribute__((noinline, cold)) struct jsonl put_ids_of(struct jsonl j, int tid)
{
	jsonl_int(&j, "pid", process_pid());
	jsonl_int(&j, "tid", tid);
	return j;
}

static inline void put_state(struct jsonl *j, const char *key, unsigned state)
{
	static const struct jsonl_padded states[STATES] = {
		[STATE_NONE] = JSONL_PADDED("null"),
#define STATE(id, text) [STATE_##id] = JSONL_PADDED("\"" text "\""),
#include "shim/model/event.def"
	};
	char *at = jsonl_key(j, key, sizeof *states);
	if (!at)
		return;
	memcpy(at, &states[state], sizeof *states);
	j->at = at + states[state].len;
}

/* The keys that few lines have. */
static __attribute__((noinline)) struct jsonl put_rare(struct jsonl j, const struct event *e)
{
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
	return j;
}

bool (*event_keeps)(const struct event *);

/* Writes a line about a violation or a long wait where it is kept. Returns false if it is not kept. */
static __attribute__((noinline, cold)) bool put_kept(const char *line, const struct jsonl *rest, const struct event *e)
{
	struct jsonl j = *rest;
	if (!e->keep && event_keeps && event_keeps(e)) { /* again, so that its time is later than the lines it needs */
		struct event later = *e;
		later.keep = true;
		record(&later);
		return true;
	}
	if (!e->keep || !trace_put_as(TRACE_PLACE, line, jsonl_close(&j)))
		return false;
	__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
	return true;
}

/* `j` stays in registers: functions that are not inlined must not take its address. */
void record(const struct event *e)
{
	char line[1024];
	struct jsonl j = jsonl_open(line, sizeof line, "fd");
	jsonl_uint(&j, "t", e->t ? e->t : trace_now());
	if (__builtin_expect(!e->tid, 1))
		put_ids(&j);
	else
		j = put_ids_of(j, e->tid);
	jsonl_words(&j, "op", e->op, e->op_len);
	jsonl_int(&j, "fd", e->fd);
	if (e->sock)
		jsonl_uint(&j, "sock", e->sock);
	put_state(&j, "from", e->from);
	put_state(&j, "to", e->to);
	if (e->has_ret)
		jsonl_int(&j, "ret", e->ret);
	if (e->error)
		put_errno(&j, e->error);
	if (e->stack)
		jsonl_uint(&j, "stack", e->stack);
	if (e->has_newfd)
		jsonl_int(&j, "newfd", e->newfd);
	if (e->has_backlog)
		jsonl_int(&j, "backlog", e->backlog);
	if (e->has_listener)
		jsonl_int(&j, "listener", e->listener);
	if (e->has_kind)
		j = put_kind(j, e->life);
	if (e->local)
		jsonl_address(&j, "local", e->local, e->local_len);
	if (e->peer)
		jsonl_address(&j, "peer", e->peer, e->peer_len);
	if (e->rx)
		jsonl_uint(&j, "rx", e->rx);
	if (e->tx)
		jsonl_uint(&j, "tx", e->tx);
	if (e->last && (e->rx || e->tx))
		jsonl_uint(&j, "last", e->last);
	if (e->cloexec)
		jsonl_bool(&j, "cloexec", true);
	if (e->gap >= WAIT_TOLD ||
	    e->waited | e->timeout | e->close_wait | e->cookie | (unsigned)(e->unread | e->other) ||
	    e->inherited | e->used | e->note | e->violation | e->keep) {
		j = put_rare(j, e);
		if (trace_bounds() != UINT64_MAX && put_kept(line, &j, e))
			return;
	}
	if (trace_put(line, jsonl_close(&j)))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}

void event_counters(struct event *e, const struct socket *s)
{
	e->rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
	e->tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
	e->last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
	e->gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED);
}

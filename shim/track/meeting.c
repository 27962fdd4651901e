/* Two ends of a connection meet: see meeting.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/meeting.h"

#include "shim/trace/trace.h"

#include <errno.h>
#include <netinet/in.h>

struct event event_meeting(const struct meeting *m)
{
	const struct brief *b = &m->b;
	struct event e = {.op = b->op, .op_len = b->op_len, .fd = b->fd, .sock = b->sock, .t = b->t, .stack = b->stack};
	e.from = b->from;
	e.to = b->to;
	e.has_ret = true;
	e.ret = b->ret;
	e.error = m->error;
	if ((e.has_kind = e.has_listener = b->made)) {
		e.listener = m->listener;
		e.life = b->life;
		e.cloexec = b->cloexec;
	}
	e.peer = m->peer;
	e.peer_len = m->peer_len;
	return e;
}

enum { MEETING_MOST = 112, LISTENER = 16 };

/* `more` of the key as in brief.h; for a connect, the states and the address. `other`: the listener of an accept, whose address is in no pattern. Returns
 * false for a line of no pattern. */
static inline bool meeting_key(const struct meeting *m, struct pattern_key *key, uint64_t *other)
{
	const struct sockaddr_in *in = (const void *)m->peer;
	const struct brief *b = &m->b;
	if (!in || m->peer_len != sizeof *in || in->sin_family != AF_INET || (unsigned)m->listener >> LISTENER ||
	    !brief_key(b, key))
		return false;
	*other = (unsigned)m->listener;
	if (!b->made)
		key->more = (uint64_t)in->sin_addr.s_addr << 32 | (uint64_t)in->sin_port << 16 |
			    (m->error ? 1u << 15 : 0) | b->to << 4 | b->from;
	return true;
}

/* Five digits, as most have that the kernel chose. */
static inline char *put_port(char *at, uint32_t port)
{
	if (__builtin_expect(port < 10000, 0))
		return jsonl_decimal(at, port);
	uint32_t first = port / 10000, high, x;
	*at = (char)('0' + first);
	port -= first * 10000;
	high = port * 5243 >> 19, x = high | (port - high * 100) << 16;
	high = (x * 103 >> 10) & 0xf000f;
	x = htole32(high | (x - high * 10) << 8 | (uint32_t)ZEROS);
	memcpy(at + 1, &x, sizeof x);
	return at + 5;
}

static __attribute__((noinline)) void record_meeting_long(const struct meeting *m)
{
	struct event e = event_meeting(m);
	struct pattern_key key;
	uint64_t other;
	record(&e);
	if (meeting_key(m, &key, &other))
		record_learns(key, other, &e, MEETING_MOST);
}

void record_meeting(const struct meeting *m)
{
	struct pattern_key key;
	uint64_t other, turn;
	char line[LINE], *at;
	if (meeting_key(m, &key, &other)) {
		const struct pattern *p = pattern_at(key);
		if (pattern_is(p, key, &turn) && __atomic_load_n(&p->other, __ATOMIC_RELAXED) == other &&
		    (at = put_pattern(line, &m->b, p, turn, MEETING_MOST))) {
			if (m->b.made) {
				const struct sockaddr_in *in = (const void *)m->peer;
				at = JSONL_PUT(jsonl_inet4(at, (const void *)&in->sin_addr), ":");
				at = JSONL_PUT(put_port(at, ntohs(in->sin_port)), "\"");
				if (m->b.cloexec)
					at = JSONL_PUT(at, ",\"cloexec\":true");
			}
			put_end(line, at);
			return;
		}
	}
	record_meeting_long(m);
}

bool connect_end(const struct call *c, enum side side, int error, const struct sockaddr *peer, socklen_t len)
{
	struct socket *s = c->socket;
	struct life was = c->life, next = was;
	uint64_t now = watch_clock();
	int tid = thread.tid;
	if ((error && error != EINPROGRESS) || !peer || len != sizeof(struct sockaddr_in) ||
	    peer->sa_family != AF_INET || !process_surely() ||
	    __atomic_load_n(&s->inside[side], __ATOMIC_RELAXED) != tid || fd_load(c->fd) != c->word ||
	    now >= c->began + WAIT_TOLD ||
	    __atomic_load_n(&s->rx, __ATOMIC_RELAXED) | __atomic_load_n(&s->tx, __ATOMIC_RELAXED) ||
	    __atomic_load_n(&s->gap, __ATOMIC_RELAXED) >= WAIT_TOLD)
		return false;
	next.state = error ? STATE_CONNECTING : STATE_ESTABLISHED;
	next.flags |= error ? 0 : WAS_CONNECTED;
	if (!__atomic_compare_exchange(&s->life, &was, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&s->inside[side], -tid, __ATOMIC_RELAXED);
	if (!error)
		__atomic_store_n(&s->last, now, __ATOMIC_RELAXED);
	struct meeting m; /* each member that is read is set */
	m.peer = peer;
	m.peer_len = len;
	m.error = error;
	m.listener = 0;
	m.b.op = "connect";
	m.b.op_len = sizeof "connect" - 1;
	m.b.fd = c->fd;
	m.b.sock = c->sock;
	m.b.text = s->text;
	m.b.stack = 0;
	m.b.made = m.b.cloexec = false;
	m.b.t = trace_now_here();
	m.b.ret = error ? -1 : 0;
	m.b.from = was.state;
	m.b.to = next.state;
	record_meeting(&m);
	return true;
}

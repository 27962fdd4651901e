/* The life of a socket: a case for each row of the rule table, in the table's order, and what holds after any sequence of calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/track/lifecycle.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { WRONG = VIOLATION_wrong_state, INET = AF_INET, INET6 = AF_INET6, UNIX = AF_UNIX, ELSE = AF_NETLINK };
enum { STREAM = SOCK_STREAM, DGRAM = SOCK_DGRAM, SEQPACKET = SOCK_SEQPACKET, RAW = SOCK_RAW };

static const char *const act_names[ACTS] = {"bind",   "bind_any", "listen",  "connect",	  "disconnect",
					    "accept", "shut_rd",  "shut_wr", "shut_rdwr", "send",
					    "recv",   "eof",	  "ask"};

/* A row of the table, reached: a socket as it was, the call and its outcome, what comes of it. tests/hooks counts that each row of
 * shim/track/lifecycle.c has its ROW here. */
struct expected {
	int line;
	enum act act;
	int family, type, state, flags, error, next, gained, violation;
};
#define ROW(...)                      \
	{                             \
		__LINE__, __VA_ARGS__ \
	}
#define CLOSED STATE_CLOSED
#define BOUND STATE_BOUND
#define CONNECTING STATE_CONNECTING
#define ESTABLISHED STATE_ESTABLISHED
#define LISTENING STATE_LISTENING
#define CLOSE_WAIT STATE_CLOSE_WAIT
#define FIN_WAIT STATE_FIN_WAIT
#define CLOSING STATE_CLOSING

static const struct expected rows[] = {
	ROW(ACT_bind, INET, STREAM, CLOSED, 0, 0, BOUND, WAS_BOUND, 0),
	ROW(ACT_bind, UNIX, DGRAM, BOUND, WAS_BOUND, EINVAL, BOUND, 0, WRONG),
	ROW(ACT_bind, INET, STREAM, CLOSED, 0, EADDRINUSE, CLOSED, 0, VIOLATION_address_in_use),

	ROW(ACT_bind_any, INET, STREAM, CLOSED, 0, 0, BOUND, 0, 0),
	ROW(ACT_bind_any, INET6, DGRAM, CLOSED, 0, EADDRINUSE, CLOSED, 0, VIOLATION_ports_exhausted),

	ROW(ACT_listen, INET, STREAM, CLOSED, 0, 0, LISTENING, WAS_LISTENING, VIOLATION_listen_unbound),
	ROW(ACT_listen, INET6, STREAM, BOUND, WAS_BOUND, 0, LISTENING, WAS_LISTENING, 0),
	ROW(ACT_listen, INET, STREAM, ESTABLISHED, WAS_CONNECTED, EINVAL, ESTABLISHED, 0, WRONG),
	ROW(ACT_listen, INET, STREAM, CLOSED, 0, EADDRINUSE, CLOSED, 0, VIOLATION_ports_exhausted),

	ROW(ACT_disconnect, INET, DGRAM, ESTABLISHED, WAS_BOUND | WAS_CONNECTED, 0, BOUND, 0, 0),
	ROW(ACT_connect, UNIX, STREAM, CLOSED, 0, 0, ESTABLISHED, WAS_CONNECTED, 0),
	ROW(ACT_connect, INET, STREAM, BOUND, WAS_BOUND, EINPROGRESS, CONNECTING, 0, 0),
	ROW(ACT_connect, INET6, STREAM, CLOSED, 0, EINTR, CONNECTING, 0, 0),
	ROW(ACT_connect, INET, STREAM, CONNECTING, 0, EINTR, CONNECTING, 0, 0),
	ROW(ACT_connect, INET, STREAM, CONNECTING, 0, EALREADY, CONNECTING, 0, 0),
	ROW(ACT_connect, INET, STREAM, CONNECTING, 0, EISCONN, ESTABLISHED, WAS_CONNECTED, 0),
	ROW(ACT_connect, INET, STREAM, CLOSE_WAIT, WAS_CONNECTED, EISCONN, CLOSE_WAIT, 0, WRONG),
	ROW(ACT_connect, UNIX, STREAM, LISTENING, WAS_BOUND | WAS_LISTENING, EINVAL, LISTENING, 0, WRONG),
	ROW(ACT_connect, INET, STREAM, CLOSED, 0, EADDRNOTAVAIL, CLOSED, 0, VIOLATION_ports_exhausted),
	ROW(ACT_connect, INET, DGRAM, CLOSED, 0, EAGAIN, CLOSED, 0, VIOLATION_ports_exhausted),
	ROW(ACT_connect, INET, STREAM, CONNECTING, WAS_BOUND, ECONNREFUSED, BOUND, 0, 0),

	ROW(ACT_accept, INET, STREAM, BOUND, WAS_BOUND, EINVAL, BOUND, 0, WRONG),

	ROW(ACT_shut_wr, INET, STREAM, CONNECTING, 0, 0, CLOSED, 0, 0),
	ROW(ACT_shut_wr, INET, STREAM, CONNECTING, WAS_BOUND, ENOTCONN, BOUND, 0, 0),
	ROW(ACT_shut_rdwr, INET6, STREAM, CONNECTING, 0, 0, CLOSED, 0, 0),
	ROW(ACT_shut_rdwr, INET, STREAM, CONNECTING, 0, ENOTCONN, CLOSED, 0, 0),
	ROW(ACT_shut_rd, INET, STREAM, CONNECTING, 0, 0, CLOSED, 0, 0),
	ROW(ACT_shut_rd, INET, STREAM, CONNECTING, 0, ENOTCONN, CLOSED, 0, 0),
	ROW(ACT_shut_wr, INET, STREAM, ESTABLISHED, WAS_CONNECTED, 0, FIN_WAIT, SHUT_WRITE, 0),
	ROW(ACT_shut_wr, INET, STREAM, CLOSE_WAIT, WAS_CONNECTED, 0, CLOSING, SHUT_WRITE, 0),
	ROW(ACT_shut_rdwr, UNIX, SEQPACKET, ESTABLISHED, WAS_CONNECTED, 0, FIN_WAIT, SHUT_READ | SHUT_WRITE, 0),
	ROW(ACT_shut_rdwr, INET, STREAM, CLOSE_WAIT, WAS_CONNECTED, 0, CLOSING, SHUT_READ | SHUT_WRITE, 0),
	ROW(ACT_shut_rd, INET, STREAM, LISTENING, WAS_BOUND | WAS_LISTENING, 0, BOUND, 0, 0),
	ROW(ACT_shut_rdwr, INET, STREAM, LISTENING, WAS_BOUND | WAS_LISTENING, 0, BOUND, 0, 0),
	ROW(ACT_shut_rd, INET, STREAM, ESTABLISHED, WAS_CONNECTED, 0, ESTABLISHED, SHUT_READ, 0),
	ROW(ACT_shut_wr, INET, DGRAM, ESTABLISHED, WAS_CONNECTED, 0, ESTABLISHED, SHUT_WRITE, 0),
	ROW(ACT_shut_rdwr, INET, DGRAM, ESTABLISHED, WAS_CONNECTED, 0, ESTABLISHED, SHUT_READ | SHUT_WRITE, 0),
	ROW(ACT_shut_rd, INET, STREAM, BOUND, WAS_BOUND, ENOTCONN, BOUND, 0, WRONG),
	ROW(ACT_shut_wr, INET, STREAM, CLOSED, 0, ENOTCONN, CLOSED, 0, WRONG),
	ROW(ACT_shut_rdwr, INET, DGRAM, CLOSED, 0, ENOTCONN, CLOSED, 0, WRONG),

	ROW(ACT_send, INET, STREAM, CLOSED, 0, 0, ESTABLISHED, WAS_CONNECTED, 0),
	ROW(ACT_send, INET, STREAM, CLOSED, 0, EINPROGRESS, CONNECTING, 0, 0),
	ROW(ACT_send, INET, DGRAM, CLOSED, 0, 0, BOUND, 0, 0),
	ROW(ACT_send, UNIX, DGRAM, ESTABLISHED, WAS_CONNECTED, ECONNREFUSED, CLOSED, 0, 0),
	ROW(ACT_send, INET, STREAM, CLOSED, 0, EPIPE, CLOSED, 0, WRONG),
	ROW(ACT_send, UNIX, STREAM, BOUND, WAS_BOUND, ENOTCONN, BOUND, 0, WRONG),
	ROW(ACT_send, INET, STREAM, FIN_WAIT, WAS_CONNECTED | SHUT_WRITE, EPIPE, FIN_WAIT, 0, WRONG),
	ROW(ACT_send, INET, DGRAM, CLOSED, 0, EDESTADDRREQ, BOUND, 0, WRONG),
	ROW(ACT_send, UNIX, DGRAM, BOUND, WAS_BOUND, EDESTADDRREQ, BOUND, 0, WRONG),
	ROW(ACT_send, UNIX, DGRAM, CLOSED, 0, ENOTCONN, CLOSED, 0, WRONG),
	ROW(ACT_send, INET, STREAM, CLOSED, WAS_CONNECTED, EPIPE, CLOSED, 0, VIOLATION_broken_pipe),
	ROW(ACT_send, UNIX, STREAM, CLOSE_WAIT, WAS_CONNECTED, ECONNRESET, CLOSED, 0, VIOLATION_broken_pipe),
	ROW(ACT_send, INET, STREAM, CONNECTING, 0, ECONNRESET, CLOSED, WAS_CONNECTED, 0),

	ROW(ACT_recv, INET, STREAM, CONNECTING, 0, 0, ESTABLISHED, WAS_CONNECTED, 0),
	ROW(ACT_recv, INET, STREAM, LISTENING, WAS_BOUND | WAS_LISTENING, ENOTCONN, LISTENING, 0, WRONG),
	ROW(ACT_recv, UNIX, STREAM, CLOSED, 0, EINVAL, CLOSED, 0, WRONG),
	ROW(ACT_recv, INET, STREAM, CONNECTING, 0, ECONNRESET, CLOSED, WAS_CONNECTED, 0),
	ROW(ACT_eof, INET, STREAM, ESTABLISHED, WAS_CONNECTED, 0, CLOSE_WAIT, 0, 0),
	ROW(ACT_eof, INET, STREAM, FIN_WAIT, WAS_CONNECTED | SHUT_WRITE, 0, CLOSING, 0, 0),
	ROW(ACT_eof, 0, TYPE_KINDS + KIND_pipe, STATE_OPEN, 0, 0, CLOSE_WAIT, 0, 0),

	ROW(ACT_ask, INET, STREAM, CONNECTING, 0, 0, ESTABLISHED, WAS_CONNECTED, 0),
	ROW(ACT_ask, INET, STREAM, CONNECTING, 0, EPIPE, CLOSED, WAS_CONNECTED, 0),
	ROW(ACT_ask, INET, STREAM, CONNECTING, 0, ECONNREFUSED, CLOSED, 0, 0),

	ROW(ACT_send, INET, STREAM, ESTABLISHED, WAS_CONNECTED, ETIMEDOUT, CLOSED, 0, 0),
	ROW(ACT_send, 0, TYPE_KINDS + KIND_pipe, STATE_OPEN, 0, EPIPE, CLOSE_WAIT, 0, 0),
	ROW(ACT_send, 0, TYPE_KINDS + KIND_pipe, STATE_CLOSE_WAIT, 0, EPIPE, CLOSE_WAIT, 0, VIOLATION_broken_pipe),
	ROW(ACT_recv, INET, STREAM, FIN_WAIT, WAS_CONNECTED | SHUT_WRITE, ECONNRESET, CLOSED, 0, 0),
	ROW(ACT_ask, INET, STREAM, ESTABLISHED, WAS_CONNECTED | WAS_BOUND, ETIMEDOUT, BOUND, 0, 0),
};

static struct life life(int family, int type, int state, int flags)
{
	return (struct life){(uint8_t)state, (uint8_t)family, (uint8_t)type, (uint8_t)flags};
}

static void describe(char *out, size_t size, struct life l, enum act act, int error)
{
	snprintf(out, size, "family %d, type %d, %s, flags %#x: %s with %s", l.family, l.type, state_name(l.state),
		 l.flags, act_names[act], error ? strerrorname_np(error) : "success");
}

static void each_row_decides_its_case(void **state)
{
	(void)state;
	for (const struct expected *r = rows; r < rows + sizeof rows / sizeof *rows; r++) {
		struct life before = life(r->family, r->type, r->state, r->flags);
		struct step step = lifecycle_step(before, r->act, r->error);
		char what[256];

		describe(what, sizeof what, before, r->act, r->error);
		int past = WAS_CONNECTED | WAS_LISTENING | SHUT_READ |
			   SHUT_WRITE; /* what a dissolved connection forgets */
		int flags = (r->flags | r->gained) & (r->act == ACT_disconnect ? ~past : ~0);
		if (step.life.state != r->next || step.life.flags != flags || step.violation != r->violation)
			fail_msg("line %d: %s: expected %s, flags %#x, violation %s; got %s, flags %#x, violation %s",
				 r->line, what, state_name((unsigned)r->next), (unsigned)flags,
				 violation_name((unsigned)r->violation), state_name(step.life.state), step.life.flags,
				 violation_name(step.violation));
	}
}

static const int errors[] = {0,	       EINVAL,	EINPROGRESS,  EINTR,	  EALREADY,  EISCONN,	   ECONNREFUSED,
			     ENOTCONN, EPIPE,	EDESTADDRREQ, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, EADDRINUSE,
			     EAGAIN,   ENOBUFS, EADDRNOTAVAIL};
enum { ERRORS = sizeof errors / sizeof *errors };

static bool connected(int state)
{
	return state == ESTABLISHED || state == CLOSE_WAIT || state == FIN_WAIT || state == CLOSING;
}

static bool of_lifecycle(int violation)
{
	return !violation || violation == WRONG || violation == VIOLATION_listen_unbound ||
	       violation == VIOLATION_address_in_use || violation == VIOLATION_broken_pipe ||
	       violation == VIOLATION_ports_exhausted;
}

/* What no sequence of calls that Linux can answer so may lead to. NULL: nothing wrong. */
static const char *impossible(struct life before, enum act act, int error, struct step step)
{
	struct life now = step.life;
	bool datagrams = now.type != STREAM && now.type != SEQPACKET;

	if (now.state <= STATE_NONE || now.state >= STATES)
		return "a state that is none";
	if (now.family != before.family || now.type != before.type)
		return "a socket that changed its family or type";
	if (!of_lifecycle(step.violation))
		return "a violation that is not of the lifecycle's";
	if (step.violation && step.violation != VIOLATION_listen_unbound && !error)
		return "a violation of a call that succeeded";
	bool by_kernel = act == ACT_bind_any || (act == ACT_send && datagrams);
	if (step.violation == WRONG && now.state != before.state && !by_kernel)
		return "a refused call that changed the state";
	if (now.state == BOUND && before.state != BOUND && !(now.flags & WAS_BOUND) && !by_kernel)
		return "BOUND, and never bound";
	if (now.state == LISTENING && !(now.flags & WAS_LISTENING))
		return "LISTENING, and never listened";
	if (connected(now.state) && !(now.flags & WAS_CONNECTED))
		return "connected, and never was";
	if ((now.state == FIN_WAIT || now.state == CLOSING) && !(now.flags & SHUT_WRITE))
		return "shut down, and never was";
	if (datagrams && now.state != CLOSED && now.state != BOUND && now.state != ESTABLISHED)
		return "a datagram socket in a stream's state";
	if (act == ACT_accept && memcmp(&now, &before, sizeof now))
		return "a listener that an accept changed";
	return NULL;
}

/* Which outcomes Linux can have: a success needs a state that allows the call. */
static bool plausible(struct life l, enum act act, int error)
{
	bool datagrams = l.type != STREAM && l.type != SEQPACKET;

	if (error)
		return act != ACT_eof;
	switch (act) {
	case ACT_bind:
	case ACT_bind_any: return l.state == CLOSED;
	case ACT_listen: return !datagrams && (l.state == CLOSED || l.state == BOUND || l.state == LISTENING);
	case ACT_connect: return datagrams || l.state == CLOSED || l.state == BOUND || l.state == CONNECTING;
	case ACT_accept: return l.state == LISTENING;
	case ACT_shut_rd:
	case ACT_shut_wr:
	case ACT_shut_rdwr: return l.state != CLOSED && l.state != BOUND;
	case ACT_send: return datagrams || (l.state != LISTENING && l.state != FIN_WAIT && l.state != CLOSING);
	case ACT_recv: return datagrams || connected(l.state) || l.state == CONNECTING;
	case ACT_eof: return connected(l.state) || l.state == CONNECTING;
	default: return true;
	}
}

static void no_sequence_of_calls_reaches_an_impossible_state(void **state)
{
	static const int families[] = {INET, INET6, UNIX, ELSE}, types[] = {STREAM, DGRAM, SEQPACKET, RAW};
	uint64_t seed = 42;

	(void)state;
	for (int turn = 0; turn < 200000; turn++) {
		struct life l = life(families[next_random(&seed) % 4], types[next_random(&seed) % 4], CLOSED, 0);
		char story[2048] = "";

		for (int calls = 0; calls < 12; calls++) {
			enum act act = next_random(&seed) % ACTS;
			int error = next_random(&seed) % 2 ? 0 : errors[next_random(&seed) % ERRORS];
			if (!plausible(l, act, error))
				continue;
			struct step step = lifecycle_step(l, act, error);
			const char *wrong = impossible(l, act, error, step);
			size_t len = strlen(story);
			describe(story + len, sizeof story - len, l, act, error);
			strcat(story, "; ");
			if (wrong)
				fail_msg("%s: %s gives %s, flags %#x", wrong, story, state_name(step.life.state),
					 step.life.flags);
			l = step.life;
		}
	}
}

/* Each state is met by random calls on fresh sockets, so that the walk above walks everywhere. */
static void random_calls_reach_every_state(void **state)
{
	unsigned seen = 0;
	uint64_t seed = 3;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		struct life l = life(INET, STREAM, CLOSED, 0);
		for (int calls = 0; calls < 12; calls++) {
			enum act act = next_random(&seed) % ACTS;
			int error = next_random(&seed) % 2 ? 0 : errors[next_random(&seed) % ERRORS];
			if (plausible(l, act, error))
				l = lifecycle_step(l, act, error).life;
			seen |= 1u << l.state;
		}
	}
	for (unsigned s = STATE_NONE + 1; s < STATES; s++)
		if ((seen >> s & 1) != (s != STATE_OPEN))
			fail_msg("%s was %s, expected every state of a socket to be reached, and no other",
				 state_name(s), seen >> s & 1 ? "reached" : "never reached");
}

static void what_is_no_socket_is_open_whatever_is_called_on_it(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < KINDS; kind++) {
		struct life l = life_open(kind);
		if (kind != KIND_socket)
			assert_int_equal(life_kind(l), kind);
		for (unsigned act = 0; act < ACTS; act++)
			for (unsigned i = 0; i <= ERRORS; i++) {
				struct step step = lifecycle_step(l, act, i < ERRORS ? errors[i] : 0);
				assert_int_equal(step.violation, VIOLATION_none);
				if (kind == KIND_pipe)
					step.life.state = STATE_OPEN;
				assert_memory_equal(&step.life, &l, sizeof l);
			}
		assert_false(lifecycle_forbids_send(l));
	}
}

static void the_other_end_of_a_pipe_is_gone_when_a_call_says_so(void **state)
{
	struct life named = life_open(KIND_pipe), found = named;
	(void)state;
	for (unsigned act = 0; act < ACTS; act++)
		for (unsigned i = 0; i <= ERRORS; i++) {
			int error = i < ERRORS ? errors[i] : 0;
			bool gone = (act == ACT_eof && !error) || (act == ACT_send && error == EPIPE);
			assert_int_equal(lifecycle_step(life_open(KIND_pipe), act, error).life.state,
					 gone ? STATE_CLOSE_WAIT : STATE_OPEN);
		}
	/* Somebody else may open it for writing, or has done so. */
	named.flags = WAS_BOUND;
	found.flags = INHERITED;
	assert_int_equal(lifecycle_step(named, ACT_eof, 0).life.state, STATE_OPEN);
	assert_int_equal(lifecycle_step(found, ACT_eof, 0).life.state, STATE_OPEN);
}

/* The whole domain, plausible or not: a threadbare process can be anywhere when another thread changes the socket meanwhile. */
static void no_input_at_all_leads_out_of_the_table(void **state)
{
	static const int families[] = {INET, INET6, UNIX, ELSE, 0, 255},
			 types[] = {STREAM, DGRAM, SEQPACKET, RAW, 0, 15};

	(void)state;
	for (unsigned f = 0; f < 6; f++)
		for (unsigned t = 0; t < 6; t++)
			for (int s = STATE_NONE; s < STATES; s++)
				for (int flags = 0; flags < 256; flags++)
					for (int act = 0; act < ACTS; act++)
						for (int e = 0; e < ERRORS; e++) {
							struct life l = life(families[f], types[t], s, flags);
							struct step step = lifecycle_step(l, (enum act)act, errors[e]);
							assert_true(step.life.state < STATES);
							assert_true(step.violation < VIOLATIONS);
							assert_true((step.life.flags & flags & INHERITED) ==
								    (flags & INHERITED));
							assert_int_equal(step.life.family, families[f]);
							assert_int_equal(step.life.type, types[t]);
							assert_true(of_lifecycle(step.violation));
							bool binds = act == ACT_send && step.life.state == BOUND;
							if (step.violation == WRONG && !binds)
								assert_int_equal(step.life.state, s);
						}
}

static void errors_that_only_ask_to_try_again_change_nothing(void **state)
{
	(void)state;
	for (int s = STATE_NONE + 1; s < STATES; s++)
		for (int act = 0; act < ACTS; act++) {
			struct life l = life(INET, STREAM, s, WAS_CONNECTED);
			if ((act == ACT_connect || act == ACT_ask) && s <= CONNECTING)
				continue; /* any other failure of a connect ends the try */
			struct step step = lifecycle_step(l, (enum act)act, EAGAIN);
			assert_int_equal(step.life.state, s);
			assert_int_equal(step.violation, 0);
		}
}

static void a_connection_dissolved_and_made_again_is_like_new(void **state)
{
	struct life l = life(INET, STREAM, CLOSED, 0);

	(void)state;
	l = lifecycle_step(l, ACT_connect, 0).life;
	l = lifecycle_step(l, ACT_shut_rdwr, 0).life;
	l = lifecycle_step(l, ACT_disconnect, 0).life;
	assert_int_equal(l.state, CLOSED);
	l = lifecycle_step(l, ACT_connect, 0).life;
	assert_int_equal(l.state, ESTABLISHED);
	assert_false(lifecycle_forbids_send(l));
	l = lifecycle_step(l, ACT_eof, 0).life; /* this side no longer shuts reading: the 0 is the peer's word */
	assert_int_equal(l.state, CLOSE_WAIT);
}

static void a_write_is_foreseen_to_fail_only_by_our_own_making(void **state)
{
	(void)state;
	assert_true(lifecycle_forbids_send(life(INET, STREAM, CLOSED, 0)));
	assert_true(lifecycle_forbids_send(life(INET, STREAM, BOUND, WAS_BOUND)));
	assert_true(lifecycle_forbids_send(life(INET, STREAM, LISTENING, WAS_BOUND | WAS_LISTENING)));
	assert_true(lifecycle_forbids_send(life(INET, STREAM, FIN_WAIT, WAS_CONNECTED | SHUT_WRITE)));
	assert_true(lifecycle_forbids_send(life(INET, STREAM, CLOSING, WAS_CONNECTED | SHUT_WRITE)));
	assert_false(lifecycle_forbids_send(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED)));
	assert_false(lifecycle_forbids_send(life(INET, STREAM, CLOSE_WAIT, WAS_CONNECTED)));
	assert_false(lifecycle_forbids_send(life(INET, STREAM, CONNECTING, 0)));
	assert_false(lifecycle_forbids_send(life(INET, STREAM, CLOSED, WAS_CONNECTED))); /* reset by the peer */
	assert_false(lifecycle_forbids_send(life(INET, DGRAM, CLOSED, 0)));
}

static void the_end_is_told_by_the_peers_word_alone(void **state)
{
	(void)state;
	assert_true(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_eof, 0));
	assert_true(lifecycle_tells_end(life(INET, STREAM, CLOSE_WAIT, WAS_CONNECTED | INHERITED), ACT_eof, 0));
	assert_true(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_send, EPIPE));
	assert_true(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_recv, ECONNRESET));
	assert_true(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_ask, ETIMEDOUT));
	assert_true(lifecycle_tells_end(life(INET, STREAM, CONNECTING, 0), ACT_send, ECONNRESET));
	assert_true(lifecycle_tells_end(life_open(KIND_pipe), ACT_send, EPIPE));
	assert_false(lifecycle_tells_end(life_open(KIND_pipe), ACT_send, EAGAIN));
	assert_false(lifecycle_tells_end(life_open(KIND_pipe), ACT_eof, 0));
	assert_false(lifecycle_tells_end(life(INET, STREAM, CONNECTING, 0), ACT_ask, ECONNREFUSED));
	assert_false(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED | SHUT_READ), ACT_eof, 0));
	assert_false(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_send, EAGAIN));
	assert_false(lifecycle_tells_end(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED), ACT_connect, ECONNREFUSED));
	assert_false(lifecycle_tells_end(life(INET, DGRAM, ESTABLISHED, WAS_CONNECTED), ACT_recv, ECONNREFUSED));
	assert_true(lifecycle_tells_hangup(life(UNIX, STREAM, ESTABLISHED, WAS_CONNECTED)));
	assert_true(lifecycle_tells_hangup(life(INET, STREAM, FIN_WAIT, WAS_CONNECTED | SHUT_WRITE)));
	assert_false(lifecycle_tells_hangup(life(INET, STREAM, ESTABLISHED, WAS_CONNECTED | SHUT_READ)));
	assert_false(lifecycle_tells_hangup(life(INET, STREAM, CLOSED, 0)));
	assert_false(lifecycle_tells_hangup(life(INET, STREAM, CONNECTING, 0)));
	assert_false(lifecycle_tells_hangup(life(INET, STREAM, LISTENING, WAS_LISTENING)));
	assert_false(lifecycle_tells_hangup(life(UNIX, DGRAM, ESTABLISHED, WAS_CONNECTED)));
}

static void names_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_null(state_name(STATE_NONE));
	assert_null(state_name(STATES));
	assert_string_equal(state_name(STATE_CLOSE_WAIT), "CLOSE_WAIT");
	assert_null(violation_name(VIOLATION_none));
	assert_null(violation_name(CODES));
	assert_string_equal(violation_name(VIOLATION_double_close), "double-close");
	assert_null(note_name(NOTE_none));
	assert_null(note_name(NOTES));
	assert_string_equal(note_name(NOTE_closed_unseen), "closed-unseen");
}

static unsigned differed;

static void step_at_random(unsigned number)
{
	(void)number;
	for (int turn = 0; turn < 200; turn++)
		for (const struct expected *r = rows; r < rows + sizeof rows / sizeof *rows; r++)
			if (lifecycle_step(life(r->family, r->type, r->state, r->flags), r->act, r->error).life.state !=
			    r->next)
				__atomic_fetch_add(&differed, 1, __ATOMIC_RELAXED);
}

static void threads_share_nothing(void **state)
{
	(void)state;
	in_threads(step_at_random);
	assert_int_equal(differed, 0);
}

/* -- the diagram in docs/traces.md ----------------------------------------------------------------------------------- */

/* Sets of the words that the diagram has for calls, a bit each, by the states that they lead from and to. */
typedef unsigned arrows[STATES][STATES];

static const char *const words[] = {"bind", "listen", "connect", "disconnect", "shutdown",
				    "send", "recv",   "end",	 "SO_ERROR"};
enum { WORDS = sizeof words / sizeof *words };

static unsigned word_of(enum act act)
{
	static const unsigned char of[ACTS] = {
		[ACT_bind] = 0,	      [ACT_bind_any] = 0, [ACT_listen] = 1,  [ACT_connect] = 2,
		[ACT_disconnect] = 3, [ACT_shut_rd] = 4,  [ACT_shut_wr] = 4, [ACT_shut_rdwr] = 4,
		[ACT_send] = 5,	      [ACT_recv] = 6,	  [ACT_eof] = 7,     [ACT_ask] = 8};
	return 1u << of[act];
}

static void walk(struct life l, bool seen[STATES][256], arrows drawn)
{
	if (seen[l.state][l.flags])
		return;
	seen[l.state][l.flags] = true;
	for (int act = 0; act < ACTS; act++)
		for (int e = 0; e < ERRORS; e++) {
			if (!plausible(l, (enum act)act, errors[e]))
				continue;
			struct life next = lifecycle_step(l, (enum act)act, errors[e]).life;
			if (next.state != l.state)
				drawn[l.state][next.state] |= word_of((enum act)act);
			walk(next, seen, drawn);
		}
}

/* The states of a name: one, or all of a group. */
static unsigned states_of(const char *name)
{
	if (!strcmp(name, "unconnected"))
		return 1u << CLOSED | 1u << BOUND;
	if (!strcmp(name, "connection"))
		return 1u << ESTABLISHED | 1u << CLOSE_WAIT | 1u << FIN_WAIT | 1u << CLOSING;
	for (unsigned s = STATE_NONE + 1; s < STATES; s++)
		if (!strcmp(name, state_name(s)))
			return 1u << s;
	fail_msg("docs/traces.md: the diagram has a state %s, which is none", name);
	return 0;
}

static unsigned words_in(char *label)
{
	unsigned set = 0;
	char *rest;
	for (char *word = strtok_r(label, " ,.()\n", &rest); word; word = strtok_r(NULL, " ,.()\n", &rest))
		for (int i = 0; i < WORDS; i++)
			set |= strcmp(word, words[i]) ? 0 : 1u << i;
	return set;
}

static void read_diagram(arrows drawn)
{
	char line[512], from[32], to[32], label[256];
	FILE *page = fopen("docs/traces.md", "r");
	bool inside = false;
	assert_non_null(page);
	while (fgets(line, sizeof line, page)) {
		if (!strncmp(line, "```", 3))
			inside = !strcmp(line, "```mermaid\n");
		if (!inside || sscanf(line, " %31[A-Za-z_] --> %31[A-Za-z_]: %255[^\n]", from, to, label) != 3)
			continue;
		unsigned froms = states_of(from), tos = states_of(to), calls = words_in(label);
		if (!calls)
			fail_msg("docs/traces.md: expected a call in '%s'", line);
		for (int f = 0; f < STATES; f++)
			for (int t = 0; t < STATES; t++)
				if (froms >> f & 1 && tos >> t & 1)
					drawn[f][t] |= calls;
	}
	fclose(page);
}

static void the_diagram_in_docs_is_the_table(void **state)
{
	static const int families[] = {INET, INET6, UNIX, ELSE}, types[] = {STREAM, DGRAM, SEQPACKET, RAW};
	arrows of_table = {0}, of_page = {0};

	(void)state;
	for (int f = 0; f < 4; f++)
		for (int t = 0; t < 4; t++) {
			bool seen[STATES][256] = {0};
			walk(life(families[f], types[t], CLOSED, 0), seen, of_table);
			walk(life(families[f], types[t], ESTABLISHED, WAS_CONNECTED), seen, of_table);
		}
	read_diagram(of_page);
	for (int f = STATE_NONE + 1; f < STATES; f++)
		for (int t = STATE_NONE + 1; t < STATES; t++)
			for (int i = 0; i < WORDS; i++)
				if ((of_table[f][t] ^ of_page[f][t]) >> i & 1)
					fail_msg("%s --> %s by %s: in %s alone", state_name((unsigned)f),
						 state_name((unsigned)t), words[i],
						 of_table[f][t] >> i & 1 ? "shim/track/lifecycle.c"
									 : "the diagram of docs/traces.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_decides_its_case),
		cmocka_unit_test(no_sequence_of_calls_reaches_an_impossible_state),
		cmocka_unit_test(random_calls_reach_every_state),
		cmocka_unit_test(what_is_no_socket_is_open_whatever_is_called_on_it),
		cmocka_unit_test(the_other_end_of_a_pipe_is_gone_when_a_call_says_so),
		cmocka_unit_test(no_input_at_all_leads_out_of_the_table),
		cmocka_unit_test(errors_that_only_ask_to_try_again_change_nothing),
		cmocka_unit_test(a_connection_dissolved_and_made_again_is_like_new),
		cmocka_unit_test(a_write_is_foreseen_to_fail_only_by_our_own_making),
		cmocka_unit_test(the_end_is_told_by_the_peers_word_alone),
		cmocka_unit_test(names_are_those_of_the_tables),
		cmocka_unit_test(threads_share_nothing),
		cmocka_unit_test(the_diagram_in_docs_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The life of a socket: rules by call, one per row: see lifecycle.h. The first row that matches decides; if none does, nothing changes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/lifecycle.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#define S(id) (1u << STATE_##id)
enum {
	ANY_STATE = 0xffff,
	FRESH = S(CLOSED) | S(BOUND),
	UNCONNECTED = FRESH | S(LISTENING),
	CONNECTED = S(ESTABLISHED) | S(CLOSE_WAIT) | S(FIN_WAIT) | S(CLOSING),
	IN_USE = CONNECTED | S(CONNECTING),
};

enum { STREAM = 1, DGRAM = 2, ANY_TYPE = STREAM | DGRAM, PIPE = 4 };
enum { INET = 1, UNIX = 2, ELSE = 4, ANY_FAMILY = INET | UNIX | ELSE };

/* Outcomes that are not errno values. GONE: the connection ended, or a connect failed; RESET: it ended, so it had been established. */
enum { OK = 0, ANY_ERROR = -1, GONE = -2, RESET = -3 };
enum {
	STAY = STATES,
	BACK,
	ANEW
}; /* targets that are not states; BACK: to BOUND or CLOSED, as before; ANEW: without a past */

/* clang-format off */
static const struct transition {
	uint8_t types, families;
	uint16_t states;
	uint8_t not_flags; /* none of these may be set */
	int16_t error;
	uint8_t to;
	uint8_t set, violation;
} *const rules[ACTS] = {
#define WRONG 0, VIOLATION_wrong_state
#define RULES (const struct transition[])
    [ACT_bind] = RULES{
	{ANY_TYPE, ANY_FAMILY, S(CLOSED), 0, OK, STATE_BOUND, WAS_BOUND, 0},
	{ANY_TYPE, INET | UNIX, S(BOUND) | S(LISTENING) | IN_USE, 0, EINVAL, STAY, WRONG},
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, EADDRINUSE, STAY, 0, VIOLATION_address_in_use},
	{0},
    },
    [ACT_bind_any] = RULES{
	{ANY_TYPE, ANY_FAMILY, S(CLOSED), 0, OK, STATE_BOUND, 0, 0},
	{ANY_TYPE, INET, S(CLOSED), 0, EADDRINUSE, STAY, 0, VIOLATION_ports_exhausted},
	{0},
    },
    [ACT_listen] = RULES{
	{STREAM, INET, S(CLOSED), 0, OK, STATE_LISTENING, WAS_LISTENING, VIOLATION_listen_unbound},
	{STREAM, ANY_FAMILY, FRESH, 0, OK, STATE_LISTENING, WAS_LISTENING, 0},
	{STREAM, INET | UNIX, FRESH | IN_USE, 0, EINVAL, STAY, WRONG},
	{STREAM, INET, S(CLOSED), 0, EADDRINUSE, STAY, 0, VIOLATION_ports_exhausted},
	{0},
    },
    [ACT_disconnect] = RULES{
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, OK, ANEW, 0, 0},
	{0},
    },
    [ACT_connect] = RULES{
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, OK, STATE_ESTABLISHED, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, FRESH, 0, EINPROGRESS, STATE_CONNECTING, 0, 0},
	{STREAM, INET, FRESH, 0, EINTR, STATE_CONNECTING, 0, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, EINTR, STAY, 0, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, EALREADY, STAY, 0, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, EISCONN, STATE_ESTABLISHED, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(LISTENING) | CONNECTED, 0, EISCONN, STAY, WRONG},
	{STREAM, UNIX, S(LISTENING) | CONNECTED, 0, EINVAL, STAY, WRONG},
	{STREAM, INET, FRESH, 0, EADDRNOTAVAIL, BACK, 0, VIOLATION_ports_exhausted},
	{DGRAM, INET, S(CLOSED), 0, EAGAIN, STAY, 0, VIOLATION_ports_exhausted},
	{STREAM, ANY_FAMILY, FRESH | S(CONNECTING), 0, ANY_ERROR, BACK, 0, 0},
	{0},
    },
    [ACT_accept] = RULES{
	{STREAM, INET | UNIX, FRESH | IN_USE, WAS_LISTENING, EINVAL, STAY, WRONG},
	{0},
    },
    [ACT_shut_wr] = RULES{
	{STREAM, INET, S(CONNECTING), 0, OK, BACK, 0, 0}, /* which ends the attempt: tcp_disconnect */
	{STREAM, INET, S(CONNECTING), 0, ENOTCONN, BACK, 0, 0},
	{STREAM, ANY_FAMILY, S(ESTABLISHED), 0, OK, STATE_FIN_WAIT, SHUT_WRITE, 0},
	{STREAM, ANY_FAMILY, S(CLOSE_WAIT), 0, OK, STATE_CLOSING, SHUT_WRITE, 0},
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, OK, STAY, SHUT_WRITE, 0},
	{ANY_TYPE, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED | WAS_LISTENING, ENOTCONN, STAY, WRONG},
	{0},
    },
    [ACT_shut_rdwr] = RULES{
	{STREAM, INET, S(CONNECTING), 0, OK, BACK, 0, 0},
	{STREAM, INET, S(CONNECTING), 0, ENOTCONN, BACK, 0, 0},
	{STREAM, ANY_FAMILY, S(ESTABLISHED), 0, OK, STATE_FIN_WAIT, SHUT_READ | SHUT_WRITE, 0},
	{STREAM, ANY_FAMILY, S(CLOSE_WAIT), 0, OK, STATE_CLOSING, SHUT_READ | SHUT_WRITE, 0},
	{STREAM, INET, S(LISTENING), 0, OK, BACK, 0, 0},
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, OK, STAY, SHUT_READ | SHUT_WRITE, 0},
	{ANY_TYPE, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED | WAS_LISTENING, ENOTCONN, STAY, WRONG},
	{0},
    },
    [ACT_shut_rd] = RULES{
	{STREAM, INET, S(CONNECTING), 0, OK, BACK, 0, 0},
	{STREAM, INET, S(CONNECTING), 0, ENOTCONN, BACK, 0, 0},
	{STREAM, INET, S(LISTENING), 0, OK, BACK, 0, 0}, /* Linux stops listening: tcp_disconnect */
	{ANY_TYPE, ANY_FAMILY, ANY_STATE, 0, OK, STAY, SHUT_READ, 0},
	{ANY_TYPE, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED | WAS_LISTENING, ENOTCONN, STAY, WRONG},
	{0},
    },
    [ACT_send] = RULES{
	{STREAM, ANY_FAMILY, FRESH | S(CONNECTING), 0, OK, STATE_ESTABLISHED, WAS_CONNECTED, 0},							    /* TCP fast open */
	{STREAM, INET, FRESH, 0, EINPROGRESS, STATE_CONNECTING, 0, 0},
	{DGRAM, INET, S(CLOSED), 0, OK, STATE_BOUND, 0, 0}, /* the kernel chose a port */
	{DGRAM, UNIX, S(ESTABLISHED), 0, ECONNREFUSED, BACK, 0, 0}, /* the peer is gone: unix_dgram_sendmsg drops it */
	{STREAM, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED, EPIPE, STAY, WRONG},
	{STREAM, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED, ENOTCONN, STAY, WRONG},
	{STREAM, ANY_FAMILY, S(FIN_WAIT) | S(CLOSING), 0, EPIPE, STAY, WRONG},
	{DGRAM, INET, S(CLOSED), WAS_CONNECTED, EDESTADDRREQ, STATE_BOUND, WRONG}, /* it chose one nevertheless */
	{DGRAM, INET | UNIX, FRESH, WAS_CONNECTED, EDESTADDRREQ, STAY, WRONG},
	{DGRAM, INET | UNIX, FRESH, WAS_CONNECTED, ENOTCONN, STAY, WRONG},
	{STREAM, ANY_FAMILY, FRESH, 0, EPIPE, STAY, 0, VIOLATION_broken_pipe},
	{STREAM, ANY_FAMILY, CONNECTED, 0, RESET, BACK, 0, VIOLATION_broken_pipe},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, RESET, BACK, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING) | CONNECTED, 0, GONE, BACK, 0, 0},
	{PIPE, ANY_FAMILY, S(OPEN), WAS_BOUND | INHERITED, EPIPE, STATE_CLOSE_WAIT, 0, 0},
	{PIPE, ANY_FAMILY, S(CLOSE_WAIT), WAS_BOUND | INHERITED, EPIPE, STAY, 0, VIOLATION_broken_pipe},
	{0},
    },
    [ACT_recv] = RULES{
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, OK, STATE_ESTABLISHED, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, UNCONNECTED, WAS_CONNECTED | ASKED, ENOTCONN, STAY, WRONG},
	{STREAM, UNIX, UNCONNECTED, WAS_CONNECTED | ASKED, EINVAL, STAY, WRONG},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, RESET, BACK, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING) | CONNECTED, 0, GONE, BACK, 0, 0},
	{0},
    },
    [ACT_eof] = RULES{
	{STREAM, ANY_FAMILY, S(ESTABLISHED) | S(CONNECTING), SHUT_READ, OK, STATE_CLOSE_WAIT, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(FIN_WAIT), SHUT_READ, OK, STATE_CLOSING, 0, 0},
	{PIPE, ANY_FAMILY, S(OPEN), WAS_BOUND | INHERITED, OK, STATE_CLOSE_WAIT, 0, 0}, /* with a name it may get a writer again */
	{0},
    },
    [ACT_ask] = RULES{
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, OK, STATE_ESTABLISHED, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, RESET, BACK, WAS_CONNECTED, 0},
	{STREAM, ANY_FAMILY, S(CONNECTING), 0, ANY_ERROR, BACK, 0, 0},
	{STREAM, ANY_FAMILY, CONNECTED, 0, GONE, BACK, 0, 0},
	{0},
    },
#undef RULES
#undef WRONG
};
/* clang-format on */

static int type_bit(uint8_t type)
{
	if (type >= TYPE_KINDS)
		return type == TYPE_KINDS + KIND_pipe ? PIPE : 0;
	return type == SOCK_STREAM || type == SOCK_SEQPACKET ? STREAM : DGRAM;
}

static int family_bit(uint8_t family)
{
	return family == AF_INET || family == AF_INET6 ? INET : family == AF_UNIX ? UNIX : ELSE;
}

static int fits(int rule, int error)
{
	switch (rule) {
	case ANY_ERROR: return error != 0;
	case GONE:
		return error == ECONNRESET || error == ETIMEDOUT || error == ECONNREFUSED || error == EHOSTUNREACH ||
		       error == ENETUNREACH || error == EPIPE;
	case RESET: return error == ECONNRESET || error == EPIPE;
	default: return error == rule;
	}
}

struct step lifecycle_step(struct life life, enum act act, int error)
{
	struct step step = {.life = life};
	for (const struct transition *r = rules[act]; r->types; r++) {
		if (!(r->states & 1u << life.state) || !(r->types & type_bit(life.type)) ||
		    !(r->families & family_bit(life.family)) || r->not_flags & life.flags || !fits(r->error, error))
			continue;
		step.life.flags |= r->set;
		if (r->to == ANEW)
			step.life.flags &= (uint8_t) ~(WAS_CONNECTED | WAS_LISTENING | SHUT_READ | SHUT_WRITE);
		if (r->to == BACK || r->to == ANEW)
			step.life.state = life.flags & WAS_BOUND ? STATE_BOUND : STATE_CLOSED;
		else if (r->to != STAY)
			step.life.state = r->to;
		step.violation = r->violation;
		break;
	}
	return step;
}

bool lifecycle_tells_end(struct life life, enum act act, int error)
{
	if (type_bit(life.type) == PIPE)
		return act == ACT_send && error == EPIPE;
	if (type_bit(life.type) != STREAM)
		return false;
	if (act == ACT_eof)
		return !(life.flags & SHUT_READ);
	bool failed = fits(life.state == STATE_CONNECTING ? RESET : GONE, error);
	return failed && (act == ACT_send || act == ACT_recv || act == ACT_ask);
}

bool lifecycle_tells_hangup(struct life life)
{
	return life.state > STATE_CONNECTING && life.state != STATE_LISTENING && type_bit(life.type) == STREAM &&
	       !(life.flags & SHUT_READ);
}

int lifecycle_forbids_send(struct life life)
{
	return lifecycle_step(life, ACT_send, EPIPE).violation == VIOLATION_wrong_state;
}

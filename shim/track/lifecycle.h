/* The life of a socket as one pure function: (what it is, call, outcome) -> (next state, violation).
 * No memory, no system call: safe anywhere. The rows follow Linux: bind(2), listen(2), connect(2), accept(2), shutdown(2),
 * send(2), recv(2), tcp(7), udp(7), unix(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_LIFECYCLE_H
#define SHIM_LIFECYCLE_H

#include "shim/model/words.h"

#include <stdbool.h>
#include <stdint.h>

enum act {
	ACT_bind,
	ACT_bind_any, /* to a port chosen by the kernel, which is released with the connection */
	ACT_listen,
	ACT_connect,
	ACT_disconnect, /* connect to AF_UNSPEC */
	ACT_accept,	/* on the listener */
	ACT_shut_rd,
	ACT_shut_wr,
	ACT_shut_rdwr,
	ACT_send,
	ACT_recv, /* with bytes, or an error */
	ACT_eof,  /* recv said 0 */
	ACT_ask,  /* SO_ERROR returned the outcome of a connect, or an error of the connection */
	ACTS
};

/* What a socket has in addition to its state. */
enum {
	WAS_BOUND = 1, /* to an address that outlives a connection; of a pipe: it has a name */
	WAS_CONNECTED = 2,
	WAS_LISTENING = 4,
	SHUT_READ = 8, /* this side shut down reading: a recv of 0 says nothing about the peer */
	SHUT_WRITE = 16,
	INHERITED = 32, /* not made in this process */
	SHARED = 64,	/* another process may hold it too: closing it here may not end the connection */
	ASKED = 128,	/* getpeername returned ENOTCONN: the program knows, and a read only confirms it */
};

struct life {
	uint8_t state;	/* enum state */
	uint8_t family; /* AF_* */
	uint8_t type;	/* SOCK_* without flags; or TYPE_KINDS and an enum kind */
	uint8_t flags;
};

/* What is not a socket has the state STATE_OPEN, no family, and its kind after all types; a pipe whose other end is closed,
 * STATE_CLOSE_WAIT. */
enum { TYPE_KINDS = 16 };
static inline struct life life_open(enum kind kind)
{
	return (struct life){.state = STATE_OPEN, .type = (uint8_t)(TYPE_KINDS + kind)};
}
static inline enum kind life_kind(struct life life)
{
	return life.type < TYPE_KINDS ? KIND_socket : (enum kind)(life.type - TYPE_KINDS);
}

struct step {
	struct life life;  /* after the call */
	uint8_t violation; /* enum violation */
};

/* The life after `act` completed with `error` (an errno value, 0 = success). */
struct step lifecycle_step(struct life life, enum act act, int error);

/* Whether a call with that outcome tells the program that its peer is gone, and whether POLLHUP or POLLRDHUP does. A write after that is a
 * mistake; a write that is the first to find out is not. */
bool lifecycle_tells_end(struct life life, enum act act, int error);
bool lifecycle_tells_hangup(struct life life);

/* Whether a write now would raise SIGPIPE for a reason within this process: never connected, or shut down. */
int lifecycle_forbids_send(struct life life);

#endif

/* An fd line of the trace: what a call on a descriptor did.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_EVENT_H
#define SHIM_EVENT_H

#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define WAIT_TOLD 100000000ull /* ns: a shorter call or silence is not recorded */

/* One fd line. Start it with event(); absent keys are left out of the line. */
struct event {
	const char *op;
	uint32_t op_len;
	int fd;
	uint64_t sock; /* 0: none */
	uint8_t from, to, violation, note;
	bool reuse;
	uint64_t t; /* 0: now */
	int tid;    /* 0: this thread */
	uint32_t stack;
	bool has_ret : 1, has_newfd : 1, has_backlog : 1, has_listener : 1, has_kind : 1, has_epoll : 1;
	bool inherited, cloexec, used;
	bool keep; /* the line must be kept in a trace with bounds; see carry.h */
	int error, newfd, backlog, listener;
	long ret;
	struct life life; /* with has_kind: family and type, or kind */
	const struct sockaddr *local, *peer;
	socklen_t local_len, peer_len;
	uint64_t rx, tx, last, gap, cookie, waited, timeout, close_wait;
	int unread, other;  /* other: a thread that was inside a call */
	int reader, writer; /* of a close: other threads that used it last */
	int epoll;	    /* the set, with has_epoll; registered, closed: the stacks of these calls */
	uint32_t registered, closed;
};

static inline struct event event(const char *op, int fd)
{
	return (struct event){.op = op, .op_len = (uint32_t)__builtin_strlen(op), .fd = fd};
}
void record(const struct event *);

/* In a trace with bounds: returns whether the line is to be kept; the lines it needs have been written then. */
extern bool (*event_keeps)(const struct event *);

/* The current values of the keys rx, tx, last and gap. */
void event_counters(struct event *, const struct socket *);

/* The keys family and type; for other kinds, only kind. */
struct jsonl;
void record_kind(struct jsonl *, struct life);

#endif

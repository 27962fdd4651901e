/* One line of a trace as the analyzer sees it: what trace_reader produces and replay consumes.
 *
 * Strings and arrays belong to the reader and are valid until its next event. A value that the line does not have is NULL, -1, NO_FD or
 * STATE_ABSENT.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EVENT_H
#define SOCKSAN_ANALYZER_EVENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shim/model/words.h"

enum event_kind {
	EVENT_PROCESS,
	EVENT_MODULE,
	EVENT_STACK,
	EVENT_FD,
	EVENT_EXEC,
	EVENT_SPAWN,
	EVENT_LEAK,
	EVENT_EXIT,
	EVENT_LOST,
	EVENT_CHECKPOINT,
	EVENT_PLACE,
	EVENT_ROUND,
	EVENT_DETACH,
	EVENT_FAULT
};

enum { NO_FD = INT_MIN, NO_RET = INT_MIN };

struct event_frame {
	int64_t module; /* its id in the process */
	uint64_t offset;
};

struct trace_event {
	enum event_kind kind;
	unsigned file; /* the trace it belongs to, by its first file; the input it is in, and the line */
	unsigned part;
	uint64_t line;
	int64_t t;
	int64_t pid;

	/* process */
	int64_t schema, ppid, pidns, writing, closing;
	const char *exe, *boot, *host;
	enum how how; /* also HOW_none if this SockSan does not know it */
	int64_t start;
	int64_t nofile; /* RLIMIT_NOFILE */
	int64_t wall;	/* ns since the epoch */
	const char **argv;
	size_t n_argv;

	/* module and stack */
	int64_t id;
	const char *path, *build_id;
	uint64_t base;
	const struct event_frame *frames;
	size_t n_frames;
	enum lang lang; /* of `script`: the first language that the line has frames of; LANG_c: none */
	const char **script;
	size_t n_script;
	const uint64_t *runs;
	size_t n_runs;

	/* fd, leak, exec, spawn */
	int64_t tid, sock, stack, rx, tx, unread;
	int64_t last, gap, waited, timeout, close_wait; /* ns */
	int64_t fd, newfd, listener, ret, other, child;
	int64_t reader, writer;	    /* threads */
	int64_t registered, closed; /* stacks */
	int64_t registrations;	    /* in an epoll set, and the numbers of some */
	const uint64_t *members;
	size_t n_members;
	const char *op, *error, *family, *type, *local, *peer, *cookie, *violation;
	enum state from, to, state; /* STATE_NONE: null, no descriptor */
	enum kind what;		    /* of the descriptor; KIND_socket if the line does not say */
	enum note note;		    /* also NOTE_none if this SockSan does not know it */
	bool inherited, used, cloexec, reuse;

	/* checkpoint, place, round: see trace.schema.json */
	int64_t made, closed_t, closed_tid, gone, round, since, lines, open;
	const char *closed_op;
	bool was_connected, was_listening, connect_failed, bind_failed, was_reset, intended;
	/* fault */
	const char *fault, *site;
	int64_t nth;

	/* exit, lost */
	int64_t status, events, dropped, leaks_dropped;
	enum loss why; /* also LOSS_none if this SockSan does not know it */
};

#endif

/* What both readers of a line share: see trace_keys.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/read/trace_keys.h"

const struct event_row event_rows[] = {
	[EVENT_PROCESS] = {"process", {NULL}},	 [EVENT_MODULE] = {"module", {"id", "path", NULL}},
	[EVENT_STACK] = {"stack", {"id", NULL}}, [EVENT_FD] = {"fd", {"op", "fd", NULL}},
	[EVENT_EXEC] = {"exec", {NULL}},	 [EVENT_SPAWN] = {"spawn", {NULL}},
	[EVENT_LEAK] = {"leak", {"fd", NULL}},	 [EVENT_EXIT] = {"exit", {NULL}},
	[EVENT_LOST] = {"lost", {"why", NULL}},	 [EVENT_CHECKPOINT] = {"checkpoint", {"fd", "sock", NULL}},
	[EVENT_PLACE] = {"place", {NULL}},	 [EVENT_ROUND] = {"round", {"round", NULL}},
	[EVENT_DETACH] = {"detach", {NULL}},	 [EVENT_FAULT] = {"fault", {"fault", NULL}},
};
const size_t event_rows_n = sizeof event_rows / sizeof *event_rows;

const struct trace_key trace_keys[] = {
#define KEY(name, type, member) {name, type, offsetof(struct trace_event, member)},
#define SCRIPT(name, lang) {name, KEY_SCRIPT, lang},
#include "analyzer/read/trace_keys.def"
#undef KEY
#undef SCRIPT
};
const size_t trace_keys_n = sizeof trace_keys / sizeof *trace_keys;
_Static_assert(sizeof trace_keys / sizeof *trace_keys < UCHAR_MAX,
	       "struct trace_parser has a byte for the number of a key");

const struct trace_event trace_event_blank = {
	.t = -1,
	.pid = -1,
	.schema = -1,
	.pidns = -1,
	.ppid = -1,
	.start = -1,
	.nofile = -1,
	.id = -1,
	.tid = -1,
	.sock = -1,
	.stack = -1,
	.rx = -1,
	.tx = -1,
	.unread = -1,
	.last = -1,
	.gap = -1,
	.waited = -1,
	.timeout = -1,
	.close_wait = -1,
	.fd = NO_FD,
	.newfd = NO_FD,
	.listener = NO_FD,
	.ret = NO_RET,
	.other = -1,
	.registered = -1,
	.registrations = -1,
	.closed = -1,
	.child = -1,
	.from = STATE_ABSENT,
	.to = STATE_ABSENT,
	.state = STATE_ABSENT,
	.status = -1,
	.events = -1,
	.dropped = -1,
	.leaks_dropped = -1,
	.made = -1,
	.closed_t = -1,
	.closed_tid = -1,
	.reader = -1,
	.writer = -1,
	.gone = -1,
	.round = -1,
	.since = -1,
	.lines = -1,
	.nth = -1,
	.open = -1,
};

/* A process between `socksan attach` and `socksan detach`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/state/options.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/call.h"

#include <time.h>

void process_attach(void)
{
	own_begin();
	trace_owns = NULL; /* each attach makes a file of its own */
	own_mark_alive();
	process.follow_exec = options.follow;
	own = (struct life_of_process){.how = HOW_attach};
	trace_again();
	own_forget();
	fd_forget();
	unused.sockets = 0;
	watch_count(0);
}

enum { SLICE = 8000000 }; /* ns */

int process_adopt(void)
{
	adopt_from_first();
	int sockets = adopt_next(SLICE, false);
	own_stamp(sockets);
	process_turn(true);
	trace_open();
	adopt_from_first(); /* again, for what was opened meanwhile */
	return sockets;
}

bool process_adopt_more(int *sockets)
{
	*sockets = process.on ? adopt_next(SLICE, true) : 0;
	bool more = process.on && adopt_left();
	if (!more)
		adopt_end();
	return more;
}

static void write_end(void)
{
	char line[256];
	struct socket *s;
	int open = 0;
	for (int fd = 0; (s = socket_next(&fd)); fd++)
		open++;
	struct jsonl j = jsonl_open(line, sizeof line, "detach");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "open", open);
	jsonl_uint(&j, "events", __atomic_load_n(&trace_events, __ATOMIC_RELAXED));
	jsonl_uint(&j, "dropped", __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED));
	trace_put_as(TRACE_END, line, jsonl_close(&j));
}

/* Lines of calls that have already begun precede the last line if the calls finish within the 1 ms wait. */
void process_detach(void)
{
	struct timespec moment = {.tv_nsec = 1000000};
	bool told = process.on && trace_is_open();
	process_turn(false);
	adopt_end();
	sys5(SYS_ppoll, NULL, 0, &moment, NULL, 0);
	if (told)
		write_end();
	trace_leave();
}

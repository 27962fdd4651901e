/* Threads and children that share memory or descriptors with this process without being part of it. clone(2), unshare(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"

#include "shim/kernel/sys.h"
#include "shim/model/words.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"

#include <sys/stat.h>

void process_strangers(int more)
{
	thread_tid(); /* of this thread, read before another thread could take its place */
	__atomic_fetch_add(process_living, more, __ATOMIC_ACQ_REL);
}

bool process_borrows(void)
{
	process_active(); /* adopts */
	return self_borrows() || !own_number();
}

void own_unseen_line(int tid)
{
	char line[128];
	struct jsonl j = jsonl_open(line, sizeof line, "lost");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", tid);
	jsonl_str(&j, "why", loss_name(LOSS_own_table));
	trace_put_as(TRACE_PLACE, line, jsonl_close(&j));
}

void process_unseen(void)
{
	if (!process_active())
		return;
	if (trace_is_open())
		own_unseen_line(thread_tid());
	else
		own.unseen = thread_tid();
}

/* The directory has a link for each thread, and two more. */
bool process_alone(void)
{
	struct stat st;
	return !sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) && st.st_nlink == 3;
}

bool process_shares(void) { return process.siblings || !process_alone(); }

bool process_unshared(void)
{
	/* With a single thread, the process keeps its table this way. */
	if (!process_active() || !process_shares())
		return false;
	process_unseen();
	thread.apart = 1;
	thread_lends(thread.vforked + 1);
	return true;
}

bool own_thread(void) { return (process_active() || (process.on && thread.apart && !self_borrows())) && own_number(); }

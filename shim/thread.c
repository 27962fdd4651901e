/* What the shim keeps per thread: see thread.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/thread.h"

#include "shim/sys.h"

__thread struct thread thread;

int thread_tid(void)
{
	if (!thread.tid)
		thread.tid = (int)sys0(SYS_gettid);
	return thread.tid;
}

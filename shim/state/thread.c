/* Per-thread state of the shim: see thread.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/thread.h"

#include "shim/kernel/sys.h"

__thread struct thread thread = {.sock_text = SOCK_NONE};

int thread_ask_tid(void)
{
	long tid = sys0(SYS_gettid);
	if (tid < 0) /* in a sandbox: the tid of a new thread is not known */
		return 0;
	thread.tid = (int)tid;
	thread_lends(thread.vforked);
	return thread.tid;
}

/* Attaching to a running process, and detaching: see attach.h.
 *
 * The shim was loaded by dlopen, so calls reach it only through redirected imports. Calls that had begun before return
 * straight to the host and are not recorded. After a detach the shim stays loaded, idle, for threads that are still in
 * a hook.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/attach.h"

#include "shim/hooks/ends.h"
#include "shim/hooks/real.h"
#include "shim/hooks/redirect.h"
#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/lang/lang.h"
#include "shim/process/env.h"
#include "shim/process/process.h"
#include "shim/stack/stack.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/trace/trace.h"

#include <time.h>

int socksan_attached_1;
static int busy; /* the process in which a thread attaches or detaches, even if the socksan that started it has died */

extern char **environ;

/* Does what the constructor does in a preloaded program. */
static void begin(const char *text)
{
	static bool begun;
	if (!begun) {
		errand_init(environ);
		real_bind();
		sys_bind();
	}
	options_parse(text);
	options.quarantine = options.board = options.dump_signal = 0;
	if (!begun) {
		program_init();
		stack_init();
		lang_init();
	}
	env_attach(text);
	process_attach();
	process_dumps();
	begun = true;
}

static bool take(void)
{
	int is = __atomic_load_n(&busy, __ATOMIC_RELAXED), own = (int)sys0(SYS_getpid);
	return is != own && __atomic_compare_exchange_n(&busy, &is, own, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static enum attach_result adopt(struct attach_reply *reply)
{
	int more;
	if (socksan_attached_1 != ATTACHED_NOW)
		return ATTACH_NOT_NOW;
	reply->more = process_adopt_more(&more);
	reply->adopted += (uint32_t)more;
	return ATTACH_DONE;
}

static enum attach_result attach(const char *text, struct attach_reply *reply)
{
	if (socksan_attached_1 != ATTACHED_NOT)
		return ATTACH_NOT_NOW;
	begin(text);
	if (!redirect_all(&reply->slots))
		return ATTACH_BUSY;
	if (!reply->slots)
		return ATTACH_NO_CALLS;
	reply->adopted = (uint32_t)process_adopt();
	if (!trace_is_open()) {
		process_detach();
		redirect_undo();
		return ATTACH_NO_TRACE;
	}
	ends_register(true);
	socksan_attached_1 = ATTACHED_NOW;
	return adopt(reply);
}

static enum attach_result detach(void)
{
	if (socksan_attached_1 != ATTACHED_NOW)
		return ATTACH_NOT_NOW;
	if (!redirect_undo())
		return ATTACH_BUSY;
	process_detach();
	socksan_attached_1 = ATTACHED_NOT;
	return ATTACH_DONE;
}

/* The kernel may have to restart the system call that this thread was taken from. An interrupted nanosleep or futex
 * wait overwrites the state needed for that, so nothing here waits with them. */
static int park(struct attach_reply *reply, enum attach_result result)
{
	struct timespec wait = {.tv_nsec = ATTACH_PARKED_MS * 1000000l};
	reply->result = result;
	if (result != ATTACH_TAKEN)
		__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&reply->done, 1, __ATOMIC_SEQ_CST);
	sys_raw(SYS_ppoll, 0, 0, (long)&wait, 0, 0, 0);
	__atomic_store_n(&reply->done, 2, __ATOMIC_SEQ_CST);
	return -1;
}

int socksan_attach_1(const char *text, struct attach_reply *reply)
{
	return park(reply, take() ? attach(text, reply) : ATTACH_TAKEN);
}

int socksan_detach_1(struct attach_reply *reply) { return park(reply, take() ? detach() : ATTACH_TAKEN); }

int socksan_adopt_1(struct attach_reply *reply) { return park(reply, take() ? adopt(reply) : ATTACH_TAKEN); }

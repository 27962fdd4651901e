/* Forks and ends of a process, as libc's handlers see them: see ends.h; on_exit(3), at_quick_exit(3),
 * pthread_atfork(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/ends.h"

#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"
#include "shim/process/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static libc_on_exit *register_exit;
static bool ends_late, exits; /* exit(3) was called, with this status: */
static int exit_status;

/* A vfork child that calls exit uses up its parent's handlers. This one registers itself again, and does the rest of
 * exit's work by itself, because exit would run again what was registered meanwhile. */
static void at_exit(int status, void *arg)
{
	if (ends_late) {
		exit_status = status;
		exits = true;
		return;
	}
	process_exit(status);
	if (!process_borrows())
		return;
	register_exit(at_exit, arg);
	libc_close_streams();
	sys_raw(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static void at_quick_exit_(void)
{
	int status = process.quick_status;
	process_exit(status);
	if (!process_borrows())
		return;
	at_quick_exit(at_quick_exit_);
	sys_raw(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

/* daemon(3) forks inside libc and ends the parent there by an _exit that no hook sees. The parent's handler runs after
 * a failed fork too. errno tells the two apart, since these handlers are the last before the fork and the first after
 * it. */
static void before_fork(void)
{
	if (!thread.daemonizing)
		return;
	thread.daemon_errno = errno;
	errno = 0;
}

static void parent_after_fork(void)
{
	if (!thread.daemonizing || errno)
		return;
	errno = thread.daemon_errno;
	process_exit(0);
}

static void child_after_fork(void)
{
	if (thread.daemonizing)
		errno = thread.daemon_errno;
	process_child();
}

__attribute__((destructor)) static void fini(void)
{
	if (exits)
		process_exit(exit_status);
}

void ends_register(bool late)
{
	static bool done;
	if (done)
		return;
	done = true;
	ends_late = late;
	pthread_atfork(before_fork, parent_after_fork, child_after_fork);
	at_quick_exit(at_quick_exit_);
	/* RTLD_NEXT skips the program's own on_exit: a sanitizer linked into the program has not started yet. */
	register_exit = (libc_on_exit *)dlsym(RTLD_NEXT, "on_exit");
	if (register_exit)
		register_exit(at_exit, NULL);
}

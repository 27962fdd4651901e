/* Before any other constructor (-z initfirst) and after the last exit handler: where the shim begins and ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/fault/fault.h"
#include "shim/hooks/hook.h"
#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"
#include "shim/lang/lang.h"
#include "shim/libc/libc.h"
#include "shim/process/env.h"
#include "shim/process/process.h"
#include "shim/process/rerun.h"
#include "shim/process/sandbox.h"
#include "shim/stack/stack.h"
#include "shim/state/options.h"
#include "shim/state/program.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

/* A row of hooks.def without its body does not link. Nobody calls this. */
__attribute__((used)) static int every_row_has_a_body(void)
{
	return 0
#define HOOK(name, ...) +hook_##name
#include "shim/model/hooks.def"
		;
}

static libc_on_exit *register_exit;

/* A vfork child that calls exit runs the handlers of its parent, which has them no more. This one stays: it does what exit has left to do
 * by itself, since exit would run again what is registered meanwhile. */
static void at_exit(int status, void *arg)
{
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

/* daemon(3) forks inside libc and ends the parent there, by an _exit that no hook sees. The parent's handlers run after a fork that failed
 * too, and errno tells, as these are the last before the fork and the first after it. */
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

/* The first handlers registered run last at exit and first in a child. libc's environ is not set yet. */
__attribute__((constructor)) static void init(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	const char *text = NULL;
	for (char **e = envp; e && *e; e++)
		if (!strncmp(*e, "SOCKSAN_OPTIONS=", 16))
			text = *e + 16;
	/* Of a program with more rights, options, working folder and descriptors are the caller's. */
	errand_init(envp);
	bool aside = getauxval(AT_SECURE) || sandbox_refuses(text);
	if (!aside)
		rerun_behind_runtime(envp);
	real_bind();
	if (aside)
		return;
	sys_bind();
	options_parse(text);
	program_init();
	stack_init();
	lang_init();
	env_init(envp);
	process_start();
	if (options.quarantine)
		real_quarantine();
	if (fault_arm())
		real_inject();
	pthread_atfork(before_fork, parent_after_fork, child_after_fork);
	at_quick_exit(at_quick_exit_);
	/* Past the program's own: a sanitizer that is part of it has not begun yet. */
	register_exit = (libc_on_exit *)dlsym(RTLD_NEXT, "on_exit");
	if (register_exit)
		register_exit(at_exit, NULL);
}

/* What the unwinder inside of the shim asks for, hidden like it. Its one use is the first walk, which the constructor makes alone; libc's
 * would be a sanitizer's, and hold a lock that a signal handler could wait for. */
int pthread_once(pthread_once_t *once, void (*f)(void))
{
	if (!*once) {
		f();
		*once = 1;
	}
	return 0;
}

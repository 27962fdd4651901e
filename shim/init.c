/* Before any other constructor (-z initfirst) and after the last exit handler: where the shim begins and ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/env.h"
#include "shim/options.h"
#include "shim/process.h"
#include "shim/python.h"
#include "shim/real.h"
#include "shim/stack.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static void at_exit(int status, void *arg)
{
	(void)arg;
	process_exit(status);
}

static void at_quick_exit_(void) { process_exit(process.quick_status); }

/* daemon(3) forks inside libc and ends the parent there, by an _exit that no hook sees. */
static void parent_after_fork(void)
{
	if (thread.daemonizing)
		process_exit(0);
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
	real_bind();
	if (getauxval(AT_SECURE)) /* options, working folder and descriptors are the caller's, the rights are not */
		return;
	options_parse(text);
	stack_init();
	python_init();
	env_init(envp);
	process_start();
	pthread_atfork(NULL, parent_after_fork, process_child);
	at_quick_exit(at_quick_exit_);
	on_exit(at_exit, NULL);
}

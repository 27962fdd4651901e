/* Deaths by signals and threads that hang: see deaths.h; sigaction(2), signal(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/fault/deaths.h"

#include "shim/kernel/sys.h"
#include "shim/model/fault.h"
#include "shim/stack/stack.h"
#include "shim/state/self.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static const struct {
	int signal;
	const char *name;
} deadly[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};

/* SA_RESETHAND has removed the handler by now. A fault is raised again by its instruction; a signal that was sent is
 * sent again. */
static void on_death(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	(void)context;
	for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++)
		if (deadly[i].signal == signal && process_active())
			fault_line("crash", deadly[i].name, stack_here());
	if (info->si_code <= 0)
		sys3(SYS_tgkill, sys0(SYS_getpid), sys0(SYS_gettid), signal);
	errno = saved;
}

static void on_question(int signal)
{
	int saved = errno;
	(void)signal;
	if (process_active())
		fault_line("thread", NULL, stack_here());
	errno = saved;
}

/* A signal that the host has ignored since its start, as under nohup, stays ignored. */
static void answer(int signal, struct sigaction *action)
{
	struct sigaction before;
	if (!sigaction(signal, NULL, &before) && before.sa_handler == SIG_DFL)
		sigaction(signal, action, NULL);
}

void deaths_tell(void)
{
	struct sigaction death = {.sa_sigaction = on_death,
				  .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_RESTART | SA_ONSTACK};
	struct sigaction question = {.sa_handler = on_question, .sa_flags = SA_RESTART};
	for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++)
		answer(deadly[i].signal, &death);
	answer(FAULT_SIGNAL, &question);
}

/* A signal handler of a parent runs as soon as vfork is over, or clone as vfork, before the parent is back from the call: it makes a socket
 * and closes it, and one that the parent made before.
 * Expect: silent
 * Sockets: 40
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sched.h>

enum { LEAVE = 0 };

static char stack[64 << 10] __attribute__((aligned(64)));
static volatile int made_before;
static volatile sig_atomic_t parent, handled;

static void handler(int number)
{
	(void)number;
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (!LEAVE || getpid() != parent)
		close(fd);
	close(made_before);
	handled += getpid() == parent;
}

static int child(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
	_exit(kill(parent, SIGUSR1)); /* waits until the parent goes on */
}

int main(void)
{
	parent = getpid();
	EXPECT(signal(SIGUSR1, handler) != SIG_ERR);
	for (int i = 0; i < 20; i++) {
		made_before = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		pid_t pid;
		if (i % 2)
			pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		else if (!(pid = vfork()))
			child(NULL);
		EXPECT(handled == i + 1);
		wait_for(pid);
	}
	return 0;
}

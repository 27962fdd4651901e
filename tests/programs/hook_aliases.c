/* Functions that libc exports by other names too. `hook_aliases alias` calls each by that, `hook_aliases name` by its own: they are the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>
#include <sched.h>
#include <sys/select.h>

static int by_alias;

#define BY(alias, name) ((__typeof__(name) *)(by_alias ? alias : name))
#define ALIAS(alias, name) extern __typeof__(name) alias
ALIAS(__connect, connect);
ALIAS(__close, close);
ALIAS(_IO_fclose, fclose);
ALIAS(_IO_fdopen, fdopen);
ALIAS(__dup2, dup2);
ALIAS(__fcntl, fcntl);
ALIAS(__read, read);
ALIAS(__write, write);
ALIAS(__send, send);
ALIAS(__pread64, pread64);
ALIAS(__pwrite64, pwrite64);
ALIAS(__lseek, lseek);
ALIAS(__poll, poll);
ALIAS(__select, select);
ALIAS(__open, open);
ALIAS(__open64, open64);
ALIAS(__pipe, pipe);
ALIAS(_IO_fopen, fopen);
ALIAS(__fork, fork);
ALIAS(__vfork, vfork);
ALIAS(__clone, clone);
ALIAS(_IO_popen, popen);
ALIAS(__wait, wait);
ALIAS(__waitpid, waitpid);

static char stack[64 << 10] __attribute__((aligned(64)));

static int child(void *fd)
{
	close(*(int *)fd); /* in its own table */
	_exit(3);
}

static void transfer(void)
{
	struct sockaddr_in at;
	int own = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), pair[2];
	char byte;

	MUST(BY(__connect, connect)(fd, (struct sockaddr *)&at, sizeof at));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EXPECT(BY(__write, write)(pair[0], "xy", 2) == 2 && BY(__read, read)(pair[1], &byte, 1) == 1);
	EXPECT(BY(__send, send)(pair[0], "z", 1, 0) == 1);
	EXPECT(BY(__dup2, dup2)(pair[0], own) == own); /* closes the listener */
	int copy = MUST(BY(__fcntl, fcntl)(own, F_DUPFD_CLOEXEC, 40));
	FILE *f = BY(_IO_fdopen, fdopen)(copy, "r");
	EXPECT(f && BY(_IO_fclose, fclose)(f) == 0);
	for (int i = 0; i < 2; i++) /* closed twice */
		dprintf(1, "close: %d\n", BY(__close, close)(fd));
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	fd_set set;
	FD_ZERO(&set);
	FD_SET(copy, &set);
	dprintf(1, "poll: %d\n", BY(__poll, poll)(&polled, 1, 0));
	dprintf(1, "select: %d\n", BY(__select, select)(copy + 1, &set, NULL, NULL, NULL));
	dprintf(1, "send: %d\n", (int)BY(__send, send)(fd, "z", 1, 0));
	dprintf(1, "pread: %d\n", (int)BY(__pread64, pread64)(fd, &byte, 1, 0));
	dprintf(1, "pwrite: %d\n", (int)BY(__pwrite64, pwrite64)(fd, "z", 1, 0));
	dprintf(1, "lseek: %d\n", (int)BY(__lseek, lseek)(fd, 0, SEEK_SET));
}

static void others(void)
{
	int pipes[2], a = MUST(BY(__open, open)("/dev/null", O_RDONLY)),
		      b = MUST(BY(__open64, open64)("/dev/null", O_RDONLY));

	MUST(BY(__pipe, pipe)(pipes));
	FILE *f = BY(_IO_fopen, fopen)("/dev/null", "r"), *started = BY(_IO_popen, popen)("exit 4", "r");
	EXPECT(f && started && !fclose(f));
	dprintf(1, "popen: %d\n", pclose(started));
	close(a);
	close(b);
	close(pipes[0]);
	close(pipes[1]);
}

static void processes(void)
{
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0)), status;
	pid_t pid = MUST(BY(__vfork, vfork)());

	if (!pid)
		child(&fd);
	EXPECT(BY(__waitpid, waitpid)(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
	pid = MUST(BY(__fork, fork)());
	if (!pid)
		child(&fd);
	EXPECT(BY(__wait, wait)(&status) == pid && WEXITSTATUS(status) == 3);
	pid = MUST(BY(__clone, clone)(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &fd));
	EXPECT(BY(__waitpid, waitpid)(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
	dprintf(1, "open: %d\n", fcntl(fd, F_GETFD) >= 0); /* and left so */
}

int main(int argc, char **argv)
{
	by_alias = argc > 1 && !strcmp(argv[1], "alias");
	transfer();
	others();
	processes();
	return 0;
}

/* The same calls by name, or by number through syscall(2): `hook_syscall name|number`. The results, on standard output, and the lines
 * in the trace must be the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/close_range.h>

static int by_number;
extern char **environ;

/* Both are errno and -1 on failure. */
#define CALL(name, ...) shown(#name, by_number ? syscall(SYS_##name, __VA_ARGS__) : (long)name(__VA_ARGS__))

static long shown(const char *name, long result)
{
	dprintf(1, "%s %ld %s\n", name, result, result < 0 ? strerrorname_np(errno) : "");
	return result;
}

static void move_bytes(int a, int b)
{
	char bytes[100] = "";
	struct iovec iov = {bytes, 10};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mmsghdr many = {.msg_hdr = message};
	char path[] = "/tmp/hook_syscall-XXXXXX";
	int file = MUST(mkstemp(path)), ends[2];

	unlink(path);
	MUST(ftruncate(file, 100));
	MUST(pipe(ends));
	CALL(write, a, bytes, 10);
	CALL(read, b, bytes, 10);
	CALL(writev, a, &iov, 1);
	CALL(readv, b, &iov, 1);
	CALL(sendto, a, bytes, 10, 0, NULL, 0);
	CALL(recvfrom, b, bytes, 10, 0, NULL, NULL);
	CALL(sendmsg, a, &message, 0);
	CALL(recvmsg, b, &message, 0);
	CALL(sendmmsg, a, &many, 1, 0);
	CALL(recvmmsg, b, &many, 1, 0, NULL);
	struct rlimit limit;
	CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, (void *)&limit);
	CALL(setrlimit, RLIMIT_NOFILE, &limit);
	CALL(sendfile, a, file, &(off_t){0}, 10);
	CALL(splice, b, NULL, ends[1], NULL, 10, 0);
	close(file);
	close(ends[0]);
	close(ends[1]);
}

static void become(int way)
{
	char *argv[] = {"true", NULL};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t child = fork();

	if (!child) {
		if (way)
			CALL(execveat, AT_FDCWD, "/bin/true", argv, environ, 0);
		else
			CALL(execve, "/bin/true", argv, environ);
		_exit(1);
	}
	wait_for(child);
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int ends[2], n, on = 1;

	by_number = argc > 1 && !strcmp(argv[1], "number");
	int l = (int)CALL(socket, AF_INET, SOCK_STREAM, 0);
	CALL(setsockopt, l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	CALL(bind, l, (struct sockaddr *)&at, size);
	CALL(bind, l, (struct sockaddr *)&at, size);
	CALL(listen, l, 5);
	MUST(getsockname(l, (struct sockaddr *)&at, &size));
	int c = (int)CALL(socket, AF_INET, SOCK_STREAM, 0), d = (int)CALL(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, c, (struct sockaddr *)&at, sizeof at);
	CALL(connect, d, (struct sockaddr *)&at, sizeof at);
	int e = (int)CALL(accept, l, NULL, NULL), f = (int)CALL(accept4, l, NULL, NULL, SOCK_CLOEXEC);
	size = sizeof n;
	CALL(getsockopt, c, SOL_SOCKET, SO_ERROR, &n, &size);
	CALL(getsockopt, 1000, SOL_SOCKET, SO_ERROR, &n, &size);
	size = sizeof at;
	CALL(getsockname, c, (struct sockaddr *)&at, &size);
	CALL(getsockname, 1000, (struct sockaddr *)&at, &size);
	CALL(getpeername, c, (struct sockaddr *)&at, &size);
	CALL(getpeername, 1000, (struct sockaddr *)&at, &size);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
	move_bytes(ends[0], ends[1]);
	int copy = (int)CALL(dup, c);
	CALL(dup2, d, copy);
	CALL(dup3, d, copy, O_CLOEXEC);
	CALL(fcntl, c, F_DUPFD, 40);
	CALL(ioctl, c, FIONREAD, &n);
	CALL(shutdown, c, SHUT_WR);
	CALL(shutdown, -1, SHUT_WR);
	CALL(close, e);
	CALL(close, e);
	CALL(write, e, "x", 1);
	CALL(epoll_ctl, l, EPOLL_CTL_DEL, e, (struct epoll_event *)NULL);
	close(f);
	CALL(close_range, ends[0], ends[1], 0);
	become(0);
	become(1);
	return 0;
}

/* The same calls by name, or by number through syscall(2): `hook_syscall name|number`. The results, on standard output, and the lines
 * in the trace must be the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <linux/close_range.h>

int pidfd_open(pid_t, unsigned);
int pidfd_getfd(int, int, unsigned);

static int by_number;
extern char **environ;

/* Both are errno and -1 on failure. */
#define CALL(name, ...) shown(#name, by_number ? syscall(SYS_##name, __VA_ARGS__) : (long)name(__VA_ARGS__))

/* Where the number takes other arguments than the name. */
#define BOTH(name, named, ...) shown(#name, EITHER(name, named, __VA_ARGS__))
#define EITHER(name, named, ...) (by_number ? syscall(SYS_##name, __VA_ARGS__) : (long)(named))
#define SYS_pselect SYS_pselect6
#undef SYS_eventfd
#define SYS_eventfd SYS_eventfd2
#undef SYS_signalfd
#define SYS_signalfd SYS_signalfd4

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
	CALL(wait4, -1, NULL, WNOHANG, NULL);
	BOTH(waitid, waitid(P_ALL, 0, NULL, WEXITED | WNOHANG), P_ALL, 0, NULL, WEXITED | WNOHANG, NULL);
	CALL(unshare, 0);
	CALL(sendfile, a, file, &(off_t){0}, 10);
	CALL(splice, b, NULL, ends[1], NULL, 10, 0);
	for (int turn = 0; turn < 2; turn++) { /* of a file, and of its number once that is closed */
		int fd = turn ? file : MUST(dup(file)), timer = turn ? file : MUST(timerfd_create(CLOCK_MONOTONIC, 0));
		if (turn)
			close(file);
		CALL(pread64, fd, bytes, 10, 5);
		CALL(pwrite64, fd, bytes, 10, 5);
		CALL(preadv, fd, &iov, 1, 95);
		CALL(pwritev, fd, &iov, 1, 95);
		CALL(lseek, fd, 7, SEEK_END);
		CALL(fsync, fd);
		CALL(fdatasync, fd);
		CALL(ftruncate, fd, 50);
		CALL(fchmod, fd, 0600);
		CALL(fchdir, fd);
		CALL(timerfd_settime, timer, 0, &(struct itimerspec){0}, NULL);
		if (!turn) {
			close(fd);
			close(timer);
		}
	}
	close(ends[0]);
	close(ends[1]);
}

/* Each for a socket, and for its number once that is closed. */
static void wait_for_it(void)
{
	struct timespec none = {0};
	struct timeval no = {0};
	sigset_t mask;
	const void *masked[] = {&mask, (void *)8};

	sigemptyset(&mask);
	for (int i = 0; i < 14; i++) {
		static int fd;
		struct epoll_event event;
		fd_set set;

		if (i % 2)
			close(fd);
		else
			fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		FD_ZERO(&set);
		FD_SET(fd, &set);
		if (i / 2 == 0)
			CALL(poll, &p, 1, -1);
		else if (i / 2 == 1)
			BOTH(ppoll, ppoll(&p, 1, &none, &mask), &p, 1, &none, &mask, 8);
		else if (i / 2 == 2)
			CALL(select, fd + 1, &set, NULL, NULL, &no);
		else if (i / 2 == 3)
			BOTH(pselect, pselect(fd + 1, NULL, &set, NULL, &none, &mask), fd + 1, NULL, &set, NULL, &none,
			     masked);
		else if (i / 2 == 4)
			CALL(epoll_wait, fd, &event, 1, -1);
		else if (i / 2 == 5)
			BOTH(epoll_pwait, epoll_pwait(fd, &event, 1, -1, &mask), fd, &event, 1, -1, &mask, 8);
		else
			BOTH(epoll_pwait2, epoll_pwait2(fd, &event, 1, &none, &mask), fd, &event, 1, &none, &mask, 8);
	}
}

/* Makers of descriptors that are no sockets. What has no function of libc is called by its number in either case. */
static void make_others(void)
{
#define ALONE(name, ...) BOTH(name, syscall(SYS_##name, __VA_ARGS__), __VA_ARGS__)
	char path[] = "/tmp/hook_syscall-XXXXXX";
	struct open_how how = {.flags = O_RDONLY};
	struct io_uring_params params = {0};
	sigset_t mask;
	int ends[2];

	sigemptyset(&mask);
	close(MUST(mkstemp(path)));
	CALL(open, path, O_RDONLY);
	CALL(open, path, O_RDONLY | O_DIRECTORY);
	CALL(openat, AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CALL(creat, path, 0600);
	ALONE(openat2, AT_FDCWD, path, &how, sizeof how);
	unlink(path);
	CALL(pipe, ends);
	CALL(pipe2, ends, O_CLOEXEC);
	CALL(eventfd, 0, EFD_CLOEXEC);
	CALL(epoll_create, 1);
	CALL(epoll_create1, EPOLL_CLOEXEC);
	CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC);
	int changed = (int)BOTH(signalfd, signalfd(-1, &mask, SFD_CLOEXEC), -1, &mask, 8, SFD_CLOEXEC);
	BOTH(signalfd, signalfd(changed, &mask, 0), changed, &mask, 8, 0);
	BOTH(inotify_init, inotify_init(), 0);
	CALL(inotify_init1, IN_CLOEXEC);
	CALL(fanotify_init, FAN_CLASS_NOTIF, O_RDONLY);
	CALL(memfd_create, "x", MFD_CLOEXEC);
	int self = (int)CALL(pidfd_open, getpid(), 0);
	CALL(pidfd_getfd, self, ends[0], 0);
	CALL(pidfd_getfd, self, 1000, 0);
	BOTH(mq_open, mq_open("/hook_syscall", O_RDWR | O_CREAT, 0600, NULL), "hook_syscall", O_RDWR | O_CREAT, 0600,
	     NULL);
	mq_unlink("/hook_syscall");
	ALONE(memfd_secret, 0);
	ALONE(userfaultfd, O_CLOEXEC);
	ALONE(perf_event_open, NULL, 0, -1, -1, 0);
	ALONE(bpf, 0, NULL, 0);
	ALONE(io_uring_setup, 1, &params);
}

/* Children: each inherits a socket, makes one, and leaves one way or the other. */
static void multiply(void)
{
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	struct clone_args args = {.exit_signal = SIGCHLD};

	for (int way = 0; way < 3; way++) {
		pid_t child = (pid_t)(way == 0	 ? EITHER(fork, fork(), 0)
				      : way == 1 ? EITHER(clone, fork(), SIGCHLD, NULL, NULL, NULL, NULL)
						 : EITHER(clone3, fork(), &args, sizeof args));
		if (!MUST(child)) {
			MUST(socket(AF_INET, SOCK_STREAM, 0));
			close(fd);
			if (way == 1)
				EITHER(exit, (_exit(7), 0), 7);
			EITHER(exit_group, (_exit(7), 0), 7);
		}
		int status;
		MUST(waitpid(child, &status, 0));
		dprintf(1, "child %d: status %d\n", way, status);
	}
	close(fd);
}

/* In sandboxes where only these calls do not kill: the recorder's own would. */
static void confine(int way)
{
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number */
		ALLOW(socket),
		ALLOW(dup),
		ALLOW(close),
		ALLOW(write),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};
	pid_t child = fork();

	if (!child) {
		int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));

		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		/* One that fails first; then nothing is shown, since printing takes more calls. */
		BOTH(seccomp, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL), SECCOMP_SET_MODE_FILTER, 0, NULL);
		CALL(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0);
		MUST((int)(way ? EITHER(seccomp, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter),
					SECCOMP_SET_MODE_FILTER, 0, &filter)
			       : EITHER(prctl, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), PR_SET_SECCOMP,
					SECCOMP_MODE_FILTER, &filter, 0, 0)));
		for (int i = 0; i < 1000; i++)
			close(dup(fd));
		close(fd);
		_exit(4);
	}
	int status;
	MUST(waitpid(child, &status, 0));
	dprintf(1, "status %d\n", status);
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
	wait_for_it();
	make_others();
	multiply();
	confine(0);
	confine(1);
	become(0);
	become(1);
	return 0;
}

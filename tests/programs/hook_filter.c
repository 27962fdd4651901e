/* Sets a seccomp filter for one system call that it does not make, and does something in which a recorder could make it.
 *
 *   hook_filter kill|refuse NUMBER WHAT [PROGRAM ARGUMENT...]
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static unsigned action;
static unsigned number;
static char **rest;

static void filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void tell_end(pid_t child)
{
	int status;

	MUST(waitpid(child, &status, 0));
	printf("%s %d\n", WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void execs(void)
{
	filter();
	execv(rest[0], rest);
}

/* What it is like to be started under it. */
static void uses(void)
{
	struct sockaddr_in at;
	int l = listener(&at), from = MUST(socket(AF_INET, SOCK_STREAM, 0)), to, pair[2], moved;
	struct pollfd *polled = malloc(sizeof *polled); /* in part not written, and far from the stack */
	char *control = calloc(1, 8192) + 4000, byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_SPACE(sizeof l)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	MUST(connect(from, (struct sockaddr *)&at, sizeof at));
	to = MUST(accept(l, NULL, NULL));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	polled->fd = pair[0];
	polled->events = POLLOUT;
	EXPECT(poll(polled, 1, 100) == 1);
	*c = (struct cmsghdr){CMSG_LEN(sizeof l), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(c), &l, sizeof l);
	MUST((int)sendmsg(pair[0], &m, 0));
	MUST((int)recvmsg(pair[1], &m, 0));
	memcpy(&moved, CMSG_DATA(c), sizeof moved);
	for (int i = 0; i < 100; i++)
		MUST((int)send(from, "x", 1, 0));
	close(from);
	close(to);
	close(l);
	close(pair[0]);
	close(pair[1]);
	if (rest[0]) /* else left open */
		close(moved);
	puts("used");
}

static void *exits_apart(void *arg)
{
	(void)arg;
	MUST(unshare(CLONE_FILES));
	filter();
	exit(7);
}

/* exit() of a thread that has descriptors of its own. */
static void apart(void)
{
	pthread_t thread;
	pid_t child = MUST(fork());

	if (child)
		return tell_end(child);
	pthread_create(&thread, NULL, exits_apart, NULL);
	pthread_join(thread, NULL);
}

/* The filter is the child's: its parent's trace goes on. */
static void vforks(void)
{
	pid_t child = vfork();

	if (!child) {
		filter();
		execv(rest[0], rest);
		_exit(99);
	}
	tell_end(MUST(child));
	for (int i = 0; i < 6000; i++) /* more than fits into what a recorder in a sandbox has left */
		close(MUST(socket(AF_UNIX, SOCK_STREAM, 0)));
}

static void child_exits(void)
{
	pid_t child = MUST(fork());

	if (child)
		return tell_end(child);
	filter();
	exit(7);
}

static void child_becomes(void)
{
	pid_t child = MUST(fork());

	if (child)
		return tell_end(child);
	filter();
	MUST(seteuid(getuid()));
	exit(7);
}

/* An environment that nobody can read. */
static void environment(void)
{
	char *argv[] = {(char *)"x", NULL};

	filter();
	EXPECT(execve("/nonexistent", argv, (char **)0x1000) == -1 && errno == ENOENT);
	puts("enoent");
}

static void ranges(void)
{
	for (int i = 0; i < 3; i++)
		MUST(socket(AF_INET, SOCK_STREAM, 0));
	filter();
	EXPECT(close_range(3, ~0u, 0) == (action == SECCOMP_RET_KILL_PROCESS ? 0 : -1));
	puts("closed");
}

static void fork_inside(int sockets)
{
	close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
	filter();
	pid_t child = MUST(fork());
	for (int i = 0; !child && i < sockets; i++)
		MUST(socket(AF_INET, SOCK_STREAM, 0));
	if (child)
		tell_end(child);
}

static void forks(void) { fork_inside(5); }

static void forks_idle(void) { fork_inside(0); }

/* In a sandbox, where memory cannot be asked for. */
static void receives(void)
{
	filter();
	uses();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		void (*does)(void);
	} all[] = {
		{"execs", execs},
		{"uses", uses},
		{"apart", apart},
		{"vforks", vforks},
		{"child_exits", child_exits},
		{"child_becomes", child_becomes},
		{"environment", environment},
		{"ranges", ranges},
		{"forks", forks},
		{"receives", receives},
		{"forks_idle", forks_idle},
	};

	EXPECT(argc >= 4);
	setvbuf(stdout, NULL, _IONBF, 0);
	action = strcmp(argv[1], "kill") == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
	number = (unsigned)atoi(argv[2]);
	rest = argv + 4;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(argv[3], all[i].what) == 0) {
			all[i].does();
			return 0;
		}
	return 99;
}

/* Children of clone(2), and threads with a table of descriptors of their own. `hook_clone WHAT END`: the child closes what its parent made,
 * makes and uses sockets of its own, and ends by END (return, _exit, exit, quick_exit, exec); then the parent uses its sockets, and leaves
 * one open. With `vfork by name` the child is one of vfork. `hook_clone thread END`: a thread unshares its table and does the same; END is
 * return or exit. `range` and `cloexec`: it unshares it by a close_range(2) of what its parent made. `hook_clone early`: the thread comes before any socket of its parent's. `hook_clone refused`: what clone refuses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <linux/close_range.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	int flags;
} kinds[] = {
	{"fork", 0},
	{"files", CLONE_FILES},
	{"vfork", CLONE_VM | CLONE_VFORK},
	{"sibling", CLONE_VM | CLONE_FILES | CLONE_VFORK},
	{"vm", CLONE_VM},
	{"alone", 0},
	{"thread", 0},
};

static char stack[256 << 10] __attribute__((aligned(64)));
static int pair[2], ready[2];
static bool shares; /* the parent's table is the child's too */
static const char *what, *end;

static void work(void)
{
	int own[2];
	char byte;

	if (!shares) {
		close(pair[0]);
		close(pair[1]);
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, own));
	EXPECT(send(own[0], "x", 1, 0) == 1 && recv(own[1], &byte, 1, 0) == 1);
	close(own[0]);
	close(own[1]);
}

static int child(void *arg)
{
	EXPECT(arg == stack);
	work();
	if (!strcmp(end, "_exit"))
		_exit(7);
	if (!strcmp(end, "exit"))
		exit(7);
	if (!strcmp(end, "quick_exit"))
		quick_exit(7);
	if (!strcmp(end, "exec"))
		execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
	return 7;
}

static int nothing(void *arg) { return arg != NULL; }

static void *apart(void *arg)
{
	char byte;

	if (!strcmp(what, "range"))
		MUST(close_range((unsigned)pair[0], (unsigned)pair[1], CLOSE_RANGE_UNSHARE));
	else if (!strcmp(what, "cloexec"))
		MUST(close_range((unsigned)pair[0], ~0U, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC));
	else
		MUST(unshare(CLONE_FILES));
	EXPECT(write(ready[1], "x", 1) == 1);
	EXPECT(read(ready[0], &byte, 0) == 0);
	for (int i = 0; i < 20; i++)
		work();
	/* Children on this thread's memory leave it what it is. */
	pid_t pid = MUST(vfork());
	if (!pid)
		_exit(0);
	MUST(waitpid(pid, NULL, 0));
	pid = MUST(clone(nothing, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
	MUST(waitpid(pid, NULL, 0));
	work();
	if (!strcmp(end, "exit"))
		exit(7);
	return arg;
}

static void use(void)
{
	char byte;

	EXPECT(write(pair[0], "x", 1) == 1 && read(pair[1], &byte, 1) == 1);
	close(pair[0]);
	close(pair[1]);
	MUST(socket(AF_INET, SOCK_STREAM, 0)); /* left open */
}

static void refused(void)
{
	char *top = stack + sizeof stack;
	const struct {
		int (*fn)(void *);
		void *stack;
		int flags;
	} calls[] = {
		{NULL, top, SIGCHLD},
		{child, NULL, SIGCHLD},
		{child, top, CLONE_THREAD | SIGCHLD},
		{child, top, CLONE_SIGHAND},
		{child, top, CLONE_VM | CLONE_NEWNS | CLONE_FS},
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		errno = 12345;
		int ret = clone(calls[i].fn, calls[i].stack, calls[i].flags, stack);
		dprintf(1, "%zu: %d %s\n", i, ret, strerrorname_np(errno));
	}
	errno = 12345;
	dprintf(1, "unshare: %d", unshare(0x7));
	dprintf(1, " %s\n", strerrorname_np(errno));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char byte;
	int status, parent = 0;

	what = argc > 1 ? argv[1] : "vfork";
	end = argc > 2 ? argv[2] : "return";
	if (!strcmp(what, "early")) { /* before there is a trace */
		MUST(pipe(ready));
		pthread_create(&thread, NULL, apart, NULL);
		pthread_join(thread, NULL);
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	if (!strcmp(what, "refused"))
		refused();
	if (!strcmp(what, "alone")) {
		MUST(unshare(CLONE_FILES));
		work();
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	} else if (!strcmp(what, "range alone")) {
		MUST(close_range((unsigned)pair[0], (unsigned)pair[1], CLOSE_RANGE_UNSHARE));
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	} else if (!strcmp(what, "thread") || !strcmp(what, "range") || !strcmp(what, "cloexec")) {
		MUST(pipe(ready));
		pthread_create(&thread, NULL, apart, NULL);
		EXPECT(read(ready[0], &byte, 1) == 1);
		pthread_join(thread, NULL);
	} else if (strcmp(what, "refused") != 0 && strcmp(what, "early") != 0) {
		int flags = 0;

		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (!strcmp(kinds[i].name, what))
				flags = kinds[i].flags;
		shares = flags & CLONE_FILES;
		pid_t pid;

		if (!strcmp(what, "vfork by name")) {
			pid = MUST(vfork());
			if (!pid)
				_exit(child(stack));
		} else {
			flags |= CLONE_PARENT_SETTID | SIGCHLD;
			pid = MUST(clone(child, stack + sizeof stack, flags, stack, &parent));
			EXPECT(parent == pid);
		}
		EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	use();
	dprintf(1, "done\n");
	return 0;
}

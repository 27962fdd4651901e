/* Short-lived processes with their own descriptor table: see errand.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/errand.h"

#include "shim/kernel/sys.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int (*libc_clone)(int (*)(void *), void *stack, int flags, void *arg, ...);
extern char __libc_single_threaded __attribute__((weak)); /* since glibc 2.32 */

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { STACK = 16384 };

/* The host's stack may be too small. If another thread uses this one, the caller maps its own. */
static char stack[STACK] __attribute__((aligned(64)));
static int stack_taken;

/* How to get a table. BY_CLOSE_RANGE does not copy what the host has open, but needs Linux 5.9 and a sandbox that allows it. */
enum way { BY_CLOSE_RANGE, BY_CLONE, BY_UNSHARE };
static bool in_valgrind;

struct task {
	void (*work)(void *);
	void *arg;
	enum way way;
	bool done;
};

static int run(void *p)
{
	struct task *t = p;
	if ((t->way == BY_CLOSE_RANGE && sys3(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE)) ||
	    (t->way == BY_UNSHARE && sys1(SYS_unshare, CLONE_FILES)))
		return 0;
	t->work(t->arg);
	t->done = true;
	return 0;
}

/* Not a thread: when a thread closes its copy of a message queue, the host loses its mq_notify(3), and the host may count its threads. With no
 * exit signal, the child sends no SIGCHLD and wait() does not return it. */
static void in_process(struct task *t, char *top)
{
	int id = libc_clone(run, top, t->way == BY_CLONE ? CLONE_VM : CLONE_VM | CLONE_FILES, t);
	while (id > 0 && sys4(SYS_wait4, id, NULL, __WALL, NULL) == -EINTR)
		;
}

/* Valgrind supports only the flags of pthread_create, and takes a close_range in a private table for one in the host's. */
static void in_thread(struct task *t, char *top)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			  CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	int tid = 1, told, id = libc_clone(run, top, flags, t, &told, NULL, &tid);
	for (int left; id > 0 && (left = __atomic_load_n(&tid, __ATOMIC_ACQUIRE)) != 0;)
		sys4(SYS_futex, &tid, FUTEX_WAIT, left, NULL);
}

static bool on_own_table(struct task *t, enum way way)
{
	t->way = way;
	bool taken = __atomic_exchange_n(&stack_taken, 1, __ATOMIC_ACQUIRE);
	char *mine = taken ? sys_mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : stack;
	int saved = errno;
	if (mine && libc_clone)
		(way == BY_UNSHARE ? in_thread : in_process)(t, mine + STACK);
	errno = saved;
	if (!taken)
		__atomic_store_n(&stack_taken, 0, __ATOMIC_RELEASE);
	else if (mine)
		sys2(SYS_munmap, mine, STACK);
	return t->done;
}

bool errand_would_be_init(void)
{
	struct stat own, next;
	/* Not /proc/self: the main thread may have exited. */
	return !sys4(SYS_newfstatat, AT_FDCWD, "/proc/thread-self/ns/pid", &own, 0) &&
	       (sys4(SYS_newfstatat, AT_FDCWD, "/proc/thread-self/ns/pid_for_children", &next, 0) ||
		own.st_ino != next.st_ino);
}

bool errand_shared;

/* Whether nothing else uses this table. libc counts the threads it created, /proc all of them. */
static bool is_alone(void)
{
	struct stat st;
	return &__libc_single_threaded && __libc_single_threaded &&
	       !__atomic_load_n(&errand_shared, __ATOMIC_RELAXED) &&
	       !sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) && st.st_nlink == 3;
}

bool errand(void (*work)(void *), void *arg, enum errand_table table, bool table_full)
{
	struct task t = {.work = work, .arg = arg};
	uint64_t all = ~0ull, mask;
	if (sys_off())
		return false;
	bool masked = !sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof all);
	if (!table_full && is_alone()) {
		work(arg);
		t.done = true;
	} else if (in_valgrind) {
		on_own_table(&t, BY_UNSHARE);
	} else if (!errand_would_be_init() && (table == ERRAND_COPY || !on_own_table(&t, BY_CLOSE_RANGE))) {
		on_own_table(&t, BY_CLONE);
	}
	if (masked)
		sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
	return t.done;
}

char *errand_proc(char path[ERRAND_PROC])
{
	char *at = stpcpy(path, "/proc/");
	long n = sys4(SYS_readlinkat, AT_FDCWD, "/proc/self", at, ERRAND_PROC - sizeof "/proc/");
	if (n <= 0)
		return stpcpy(at, "self");
	at[n] = 0;
	return at + n;
}

void errand_init(char *const *envp)
{
	/* Sanitizers interpose clone and treat it as a fork; they leave __clone alone. */
	libc_clone = (__typeof__(libc_clone))dlsym(RTLD_NEXT, "__clone");
	for (; envp && *envp; envp++)
		in_valgrind |= !strncmp(*envp, "LD_PRELOAD=", 11) && strstr(*envp, "/vgpreload_");
}

void errand_forget(void) { stack_taken = 0; }

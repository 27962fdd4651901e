/* Errands on a thread with its own table of descriptors: see errand.h.
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

static int (*libc_clone)(int (*)(void *), void *stack, int flags, void *arg, ...);
extern char __libc_single_threaded __attribute__((weak)); /* since glibc 2.32 */

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { STACK = 16384 };

/* The host's stack may be a small one. One for the process; who finds it taken maps another. */
static char stack[STACK] __attribute__((aligned(64)));
static int stack_taken;

/* How the thread comes by its table. close_range leaves out what the host has open, where the kernel knows it and a sandbox lets it. Valgrind knows
 * no thread that is born with a table of its own, and takes what is closed in an empty one for closed in the host's. */
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

/* The thread is gone also for those who count threads: unshare(2), setns(2). A debugger may hold it for longer. */
static void await(int *tid, long id)
{
	enum { MOST = 10000 };
	for (int t; (t = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 0;)
		sys4(SYS_futex, tid, FUTEX_WAIT, t, NULL);
	for (int turn = 0; turn < MOST && !sys3(SYS_tgkill, sys0(SYS_getpid), id, 0); turn++)
		sys0(SYS_sched_yield);
}

static bool on_thread(struct task *t, enum way way)
{
	/* As pthread_create has them. */
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			  CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	t->way = way;
	bool taken = __atomic_exchange_n(&stack_taken, 1, __ATOMIC_ACQUIRE);
	char *mine = taken ? sys_mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : stack;
	int saved = errno, id = -1, tid = 1, told;
	if (mine && libc_clone &&
	    (id = libc_clone(run, mine + STACK, way == BY_CLONE ? flags & ~CLONE_FILES : flags, t, &told, NULL, &tid)) >
		    0)
		await(&tid, id);
	errno = saved;
	if (!taken)
		__atomic_store_n(&stack_taken, 0, __ATOMIC_RELEASE);
	else if (mine)
		sys2(SYS_munmap, mine, STACK);
	return t->done;
}

bool errand(void (*work)(void *), void *arg, enum errand_table table, bool table_full)
{
	struct task t = {.work = work, .arg = arg};
	uint64_t all = ~0ull, mask;
	if (sys_off())
		return false;
	bool alone = &__libc_single_threaded && __libc_single_threaded;
	bool masked = !sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof all);
	if (alone && !table_full) {
		work(arg);
		t.done = true;
	} else if (in_valgrind) {
		on_thread(&t, BY_UNSHARE);
	} else if (table == ERRAND_COPY || !on_thread(&t, BY_CLOSE_RANGE)) {
		on_thread(&t, BY_CLONE);
	}
	if (masked)
		sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
	return t.done;
}

void errand_init(char *const *envp)
{
	libc_clone = (__typeof__(libc_clone))dlsym(RTLD_NEXT, "clone");
	for (; envp && *envp; envp++)
		in_valgrind |= !strncmp(*envp, "LD_PRELOAD=", 11) && strstr(*envp, "/vgpreload_");
}

void errand_forget(void) { stack_taken = 0; }

/* clone and unshare: children that share this memory, and threads that do not share its descriptor table.
 *
 *   CLONE_VM  CLONE_FILES  CLONE_THREAD
 *   no        no           no            a fork
 *   no        yes          no            what it does to this table is not recorded
 *   yes       yes          any           a thread, with or without CLONE_THREAD
 *   yes       no           no            a vfork child; its parent may not wait for it
 *   yes       no           yes           a thread with its own table: what it does is not recorded
 *
 * The shim identifies a thread by its TLS. A child that uses its parent's while the parent runs (no CLONE_SETTLS, no CLONE_VFORK) differs
 * from it only in its pid, and is not recorded.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY clone
#include "shim/hooks/hook.h"
#include "shim/kernel/errand.h"
#include "shim/kernel/peek.h"

#include <sched.h>
#include <stdarg.h>

struct cloning {
	int flags;
	bool stranger; /* runs on this thread's TLS, concurrently */
	bool here;     /* made by a thread that is recorded */
	uint64_t t;    /* what process_give returned */
};

/* Marks a vfork child, or a thread with its own descriptor table. */
static bool is_apart(int flags) { return flags & CLONE_VM && !(flags & CLONE_FILES); }

static struct cloning cloning(int flags, bool stranger)
{
	struct cloning c = {flags, stranger, process_active(), 0};
	if (flags & CLONE_FILES)
		__atomic_store_n(&errand_shared, true, __ATOMIC_RELAXED);
	if (!(flags & CLONE_THREAD))
		c.t = process_give(flags & CLONE_VM ? "clone" : "fork");
	if (stranger)
		process_strangers(1);
	return c;
}

static void cloned(const struct cloning *c, long pid)
{
	if (pid < 0) {
		if (c->stranger)
			process_strangers(-1);
		return;
	}
	if (!c->here)
		return;
	if ((c->flags & (CLONE_VM | CLONE_FILES | CLONE_THREAD)) == (CLONE_VM | CLONE_FILES))
		process.siblings = true;
	process_spawned("clone", (int)pid, c->t);
	if (c->stranger ||
	    (c->flags & CLONE_VM ? is_apart(c->flags) && !(c->flags & CLONE_VFORK) : c->flags & CLONE_FILES))
		process_unseen();
}

/* Entry point of a child, at the top of its stack. */
struct start {
	int (*fn)(void *);
	void *arg;
	int flags;
	bool stranger;
} __attribute__((aligned(16)));

static int begin(void *arg)
{
	struct start s = *(struct start *)arg;
	if (!(s.flags & CLONE_VM)) {
		process.shares_table = s.flags & CLONE_FILES;
		process_child();
	} else if (is_apart(s.flags) && !s.stranger) {
		thread_lends(thread.vforked + 1);
		if (s.flags & CLONE_THREAD)
			thread.apart = 1;
	}
	int status = s.fn(s.arg);
	if (s.stranger)
		process_strangers(-1);
	if (!(s.flags & CLONE_VM)) /* libc ends this thread with a system call of its own */
		process_exit(status);
	return status;
}

HOOK_BODY(int, clone, (int (*fn)(void *), void *stack, int flags, void *arg, ...))
{
	va_list ap;
	va_start(ap, arg);
	pid_t *parent = va_arg(ap, pid_t *);
	void *tls = va_arg(ap, void *);
	pid_t *child = va_arg(ap, pid_t *);
	va_end(ap);
	if (!process.on || !fn || !stack)
		return REAL(clone)(fn, stack, flags, arg, parent, tls, child);
	bool same_tls = flags & CLONE_VM && !(flags & CLONE_SETTLS);
	struct cloning c = cloning(flags, same_tls && !(flags & CLONE_VFORK));
	struct start *s = (struct start *)((uintptr_t)stack & ~(uintptr_t)15) - 1;
	*s = (struct start){fn, arg, flags, c.stranger};
	int vforked = thread.vforked, pid = REAL(clone)(begin, s, flags, s, parent, tls, child);
	if (same_tls && is_apart(flags) && !c.stranger) {
		thread_lends(vforked); /* the child set its mark in this memory */
		sandbox_vforked(vforked);
	}
	cloned(&c, pid);
	return pid;
}

/* A child made by number returns into the host's own code and cannot be marked. One that shares memory is recognized by its pid. */
static long cloned_raw(long n, const long *a)
{
	uint64_t flags = (uint64_t)a[0];
	bool known = n == SYS_clone;
#ifdef SYS_clone3
	known |= n == SYS_clone3 && peek(&flags, (void *)a[0], sizeof flags);
#endif
	if (!known || !process.on)
		return MAKES(-1, by_number(n, a));
	struct cloning c = cloning((int)flags, flags & CLONE_VM && (!(flags & CLONE_SETTLS) || is_apart((int)flags)));
	if (!(flags & CLONE_VM))
		process.shares_table = flags & CLONE_FILES;
	long ret = MAKES(-1, by_number(n, a));
	if (!ret) /* in memory of its own, as a child that shares memory must have a stack of its own to return on */
		return 0;
	process.shares_table = false;
	cloned(&c, ret);
	if (ret > 0 && c.stranger && flags & CLONE_VFORK)
		process_strangers(-1);
	return ret;
}

RAW_BODY(clone) { return cloned_raw(SYS_clone, a); }

RAW_BODY(clone3) { return cloned_raw(SYS_clone3, a); }

TWINS(int, unshare, (int flags), (flags), (a[0]))
{
	if (flags & (CLONE_NEWUSER | CLONE_NEWNS) && process_active()) /* see secluded.c */
		trace_seclude();
	else if (flags & CLONE_NEWPID &&
		 process_active()) /* every process made here would be that namespace's init: see errand.h */
		trace_prepare();
	long ret = CALL(unshare, flags);
	if (!ret && flags & CLONE_FILES)
		process_unshared();
	return ret;
}

ALSO(__clone, clone);

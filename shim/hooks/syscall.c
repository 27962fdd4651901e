/* syscall(2): libuv closes so, for one. A number of calls.def goes to its twin; what comes back is what the kernel said.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/hook.h"

#include <linux/seccomp.h>
#include <stdarg.h>

#define NUMBER(name) RAW_PROTOTYPE(raw_##name);
#include "shim/model/calls.def"
#undef NUMBER

EXPORT long syscall(long n, ...)
{
	/* As libc does: all six registers, whether the caller filled them or not. */
	va_list ap;
	long a[6];
	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	switch (n) {
#define NUMBER(name)     \
	case SYS_##name: \
		return raw_##name(a);
#include "shim/model/calls.def"
#undef NUMBER
	default: return MAKES(-1, by_number(n, a));
	}
}

#if SYS_fork >= 0
long raw_fork(const long *a)
{
	process_give("fork");
	return by_number(SYS_fork, a); /* the child is taken up at its first call */
}
#endif

long raw_clone(const long *a) { return process_clone(SYS_clone, a); }

long raw_clone3(const long *a) { return process_clone(SYS_clone3, a); }

long raw_execve(const long *a) { return execve(PTR(0), PTR(1), PTR(2)); }

long raw_execveat(const long *a) { return execveat((int)a[0], PTR(1), PTR(2), PTR(3), (int)a[4]); }

long raw_exit_group(const long *a)
{
	process_exit((int)a[0]);
	return by_number(SYS_exit_group, a);
}

/* It ends a thread; with the last one, the process. */
long raw_exit(const long *a)
{
	if (process_active() && process_alone())
		process_exit((int)a[0]);
	return by_number(SYS_exit, a);
}

long raw_prctl(const long *a)
{
	return SANDBOX((int)a[0] == PR_SET_SECCOMP ? FILTER_HERE : FILTER_NONE, by_number(SYS_prctl, a), ret_);
}

/* With SECCOMP_FILTER_FLAG_TSYNC it may fail with the number of a thread. */
long raw_seccomp(const long *a)
{
	bool sets = (unsigned)a[0] == SECCOMP_SET_MODE_STRICT || (unsigned)a[0] == SECCOMP_SET_MODE_FILTER;
	enum filter filter = !sets ? FILTER_NONE : a[1] & SECCOMP_FILTER_FLAG_TSYNC ? FILTER_THREADS : FILTER_HERE;
	return SANDBOX(filter, by_number(SYS_seccomp, a),
		       ret_ < 0 || (ret_ > 0 && !(a[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER)));
}

long raw_setrlimit(const long *a) { return limited((int)by_number(SYS_setrlimit, a), true, (int)a[0]); }

long raw_prlimit64(const long *a)
{
	pid_t pid = (pid_t)a[0];
	return limited((int)by_number(SYS_prlimit64, a), a[2] && (!pid || pid == process_pid()), (int)a[1]);
}

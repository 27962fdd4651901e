/* System calls that bypass libc: no errno, no cancellation point, and they cannot be hooked. Each returns what the kernel returns: the
 * result, or -errno. Safe anywhere.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SYS_H
#define SHIM_SYS_H

#include "shim/arch/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

/* Call when the host installs a seccomp filter on itself, which may kill for any unknown call. No system call is made from then on: all
 * fail with -EPERM, and the recorder uses what it prepared before. Applies to the whole process, or to one thread that is apart, such as a
 * vfork child; see process/sandbox.h. */
extern bool sys_off_somewhere
	__attribute__((visibility("hidden"))); /* fast path: false as long as there never was a filter */
extern bool sys_off_all;
extern __thread int sys_off_here;

static inline bool sys_off(void) { return __builtin_expect(sys_off_somewhere, 0) && (sys_off_all || sys_off_here); }

static inline long sys_raw(long n, long a, long b, long c, long d, long e, long f)
{
	return arch_syscall(n, a, b, c, d, e, f);
}

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	return __builtin_expect(sys_off(), 0) ? -EPERM : sys_raw(n, a, b, c, d, e, f);
}

#define SYS_ARG(x) ((long)(x))
#define sys0(n) sys6(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a) sys6(n, SYS_ARG(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) sys6(n, SYS_ARG(a), SYS_ARG(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) sys6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), 0, 0, 0)
#define sys4(n, a, b, c, d) sys6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), 0, 0)
#define sys5(n, a, b, c, d, e) sys6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), 0)

/* open(2), relative to the working directory. */
#define sys_open(path, flags, mode) sys4(SYS_openat, AT_FDCWD, path, flags, mode)

/* mmap(2). Returns the address, or NULL on failure. */
void *sys_mmap(void *at, unsigned long len, int prot, int flags, int fd, long offset);

/* The kernel's clock_gettime(2): libc's may be a sanitizer's, or a tool's that fakes the time. */
extern int (*sys_clock)(clockid_t, struct timespec *) __attribute__((visibility("hidden")));

/* Finds it in the vDSO. Call in the constructor. */
void sys_bind(void);

/* getsockopt(2) of a plain value. Returns 0 or -errno. */
static inline long sys_getsockopt(int fd, int level, int name, void *value, unsigned len)
{
	return sys5(SYS_getsockopt, fd, level, name, value, &len);
}

#endif

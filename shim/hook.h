/* What every hook_*.c starts from. A wrapper has one shape: look at the descriptor, make the real call, tell what came of it.
 * The real call's result and errno are what the host gets; nothing here sets errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HOOK_H
#define SHIM_HOOK_H

#include "shim/process.h"
#include "shim/real.h"
#include "shim/record.h"
#include "shim/stack.h"
#include "shim/sys.h"
#include "shim/trace.h"

#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

/* The kernel answers a bad pointer with EFAULT; a null with an offset is the only kind that is met. */
static inline bool is_pointer(const void *p) { return (uintptr_t)p >= 4096; }

/* Whether a recv with these flags is no word of the stream. A peek moves no bytes, but it sees the end. */
static inline bool moved_nothing(int flags, long ret)
{
	return ret >= 0 && (flags & (MSG_OOB | MSG_ERRQUEUE) || (flags & MSG_PEEK && ret));
}

/* Around the installation of a seccomp filter: no system call of the shim's own from then on; false when it failed. */
static inline void sandbox(bool on)
{
	if (on && !sys_off)
		trace_prepare();
	sys_off = on;
}

/* A number that is the shim's own: to the host, not open. */
static inline bool is_own(int fd)
{
	if (__builtin_expect(fd < 0 || fd != trace_fd(), 1) || thread.vforked)
		return false;
	errno = EBADF;
	return true;
}

#endif

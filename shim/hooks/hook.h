/* What every file of this room starts from. A wrapper has one shape: look at the descriptor, make the real call, tell what came of it.
 * The real call's result and errno are what the host gets; nothing here sets errno. A pointer of the host is followed when the real call
 * has succeeded, and only to what the kernel must have read or written there; else by peek.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HOOK_H
#define SHIM_HOOK_H

#include "shim/hooks/real.h"
#include "shim/kernel/sys.h"
#include "shim/process/process.h"
#include "shim/process/sandbox.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/closing.h"
#include "shim/track/data.h"
#include "shim/track/make.h"
#include "shim/track/query.h"

#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

/* A function and its number, see calls.def, are twins: one body, compiled for each. By name `raw` is NULL. By number it is the registers
 * that syscall(2) was given, which go on to the kernel as they are, and the result is the kernel's.
 *
 *   TWINS(int, listen, (int fd, int backlog), (fd, backlog), (a[0], a[1]))
 *   {
 *           long ret = CALL(listen, fd, backlog);
 *           ...
 *   }
 *
 * The last of its arguments says in which register is what. */
#define TWINS(type, name, params, args, words)                                \
	BODY(name, params);                                                   \
	EXPORT type name params { return (type)body_##name WITH_NULL_ args; } \
	RAW(name, words)                                                      \
	BODY(name, params)

#define BODY(name, params) static inline __attribute__((always_inline)) long body_##name WITH_RAW_ params
#define RAW(name, words)           \
	RAW_PROTOTYPE(raw_##name); \
	long raw_##name(const long *a) { return body_##name WITH_WORDS_ words; }
#define RAW_PROTOTYPE(name) __attribute__((cold, nonnull)) long name(const long *a)
#define WITH_RAW_(...) (const long *raw, __VA_ARGS__)
#define WITH_NULL_(...) (NULL, __VA_ARGS__)
#define WITH_WORDS_(...) (a, __VA_ARGS__)
#define PTR(i) ((void *)a[i])

/* The real call. CALL_WITH: with other arguments than the host's. */
#define CALL(name, ...) (raw ? by_number(SYS_##name, raw) : (long)REAL(name)(__VA_ARGS__))
#define CALL_WITH(name, ...) (raw ? REAL(syscall)(SYS_##name, __VA_ARGS__) : (long)REAL(name)(__VA_ARGS__))
#define by_number(n, a) REAL(syscall)(n, (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5])

/* A number of another name, and those that newer architectures have not. */
#define SYS_pselect SYS_pselect6
#ifndef SYS_dup2
#define SYS_dup2 -1
#endif
#ifndef SYS_fork
#define SYS_fork -1
#endif
#ifndef SYS_poll
#define SYS_poll -1
#endif
#ifndef SYS_select
#define SYS_select -1
#endif

/* A call that makes descriptors and answers `none` when it fails. The shim's own descriptor is none of the host's limit: where that is
 * what lacks, the host gets it, and the call is made once more. */
#define MAKES(none, call)                                                                \
	({                                                                               \
		int errno_ = errno;                                                      \
		unsigned borrows_ = __atomic_load_n(&trace_borrows, __ATOMIC_RELAXED);   \
		__auto_type made_ = (call);                                              \
		if (__builtin_expect(made_ == (none), 0) && gives_way(errno_, borrows_)) \
			made_ = (call);                                                  \
		trace_meets(_Generic(made_, int : made_, long : made_, default : -1));   \
		made_;                                                                   \
	})

/* syscall(2) of SYS_clone or SYS_clone3: makes the call. */
long process_clone(long n, const long *args);

/* Whether it was that; errno then is again what it was before the call. */
static inline __attribute__((cold)) bool gives_way(int before, unsigned borrows)
{
	if (errno != EMFILE || !process_active() || !trace_yield(borrows))
		return false;
	errno = before;
	return true;
}

/* Whether a recv with these flags is no word of the stream. A peek moves no bytes, but it sees the end. */
static inline bool moved_nothing(int flags, long ret)
{
	return ret >= 0 && (flags & (MSG_OOB | MSG_ERRQUEUE) || (flags & MSG_PEEK && ret));
}

/* Around a call that installs a seccomp filter, or not: see sandbox.h. `failed` says of its result, ret_, that it did not. */
#define SANDBOX(filter, call, failed)                             \
	({                                                        \
		struct sandbox sandbox_ = sandbox_begins(filter); \
		__auto_type ret_ = (call);                        \
		if (failed)                                       \
			sandbox_failed(&sandbox_);                \
		ret_;                                             \
	})

/* After a limit was set, of this process or not: the shim's descriptor stays out of the host's reach. */
static inline int limited(int ret, bool own, int resource)
{
	if (!ret && own && resource == RLIMIT_NOFILE && process_active())
		trace_hide();
	return ret;
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

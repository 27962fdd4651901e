/* Included by every file of this room. All wrappers have the same shape: look at the descriptor, make the real call, record the outcome.
 * The host gets the real call's result and errno; nothing here sets errno. A host pointer is dereferenced only after the real call has
 * succeeded, and only where the kernel must have read or written; otherwise use peek.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HOOK_H
#define SHIM_HOOK_H

#include "shim/hooks/real.h"
#include "shim/kernel/sys.h"
#include "shim/model/hooks.h"
#include "shim/process/process.h"
#include "shim/process/sandbox.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/closing.h"
#include "shim/track/data.h"
#include "shim/track/make.h"
#include "shim/track/query.h"

#include <errno.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* A row of hooks.def exports its function. The body defines hook_NAME, which does not compile without a row of the file's FAMILY. init.c
 * refers to the hook_NAME of each row, so a row without a body does not link.
 *
 *   HOOK_BODY(int, fclose, (FILE * f)) { ... } */
#define HOOK(name, family, effect, inside, ...)                               \
	extern __typeof__(name) name EXPORT;                                  \
	extern const short hook_##name __attribute__((visibility("hidden"))); \
	__VA_OPT__(RAW_PROTOTYPE(name);)
#define NUMBER(name, ...) RAW_PROTOTYPE(name);
#define RAW_PROTOTYPE(name) __attribute__((cold, nonnull)) long raw_##name(const long *a)
#include "shim/model/hooks.def"

#define HOOK_BODY(type, name, params) \
	NAMES_ROW(name);              \
	type name params
/* Another name for a function of this file; it needs an ALIAS row. */
#define ALSO(name, of) __asm__(".globl " #name "\n.set " #name ", " #of)
#define NAMES_ROW(name) const short hook_##name = ROW_OF_(FAMILY, name)
#define ROW_OF_(family, name) ROW_OF__(family, name)
#define ROW_OF__(family, name) ROW_##family##_##name

/* A function and its system call are twins: one body, compiled twice. In the function, `raw` is NULL. In the system call, it holds the
 * registers passed to syscall(2), which are handed to the kernel unchanged, and the result is the kernel's.
 *
 *   TWINS(int, listen, (int fd, int backlog), (fd, backlog), (a[0], a[1]))
 *   {
 *           long ret = CALL(listen, fd, backlog);
 *           ...
 *   }
 *
 * The last argument says how to get the parameters from the registers. */
#define TWINS(type, name, params, args, words)                                      \
	BODY(name, params);                                                         \
	HOOK_BODY(type, name, params) { return (type)body_##name WITH_NULL_ args; } \
	RAW(name, words)                                                            \
	BODY(name, params)

#define BODY(name, params) static inline __attribute__((always_inline)) long body_##name WITH_RAW_ params
#define WITH_RAW_(...) (const long *raw, __VA_ARGS__)
#define WITH_NULL_(...) (NULL, __VA_ARGS__)
#define WITH_WORDS_(...) (a, __VA_ARGS__)
#define PTR(i) ((void *)a[i])

/* The body of a system call, given its registers. */
#define RAW_BODY(name)                                                                      \
	_Static_assert(ROW_OF_(FAMILY, name) < ROWS && NUMBER_##name < INT_MAX, "its row"); \
	long raw_##name(const long *a)
#define RAW(name, words) \
	RAW_BODY(name) { return body_##name WITH_WORDS_ words; }

/* The real call. CALL_WITH: with arguments other than the host's. */
#define CALL(name, ...) (raw ? by_number(NUMBER_##name, raw) : (long)REAL(name)(__VA_ARGS__))
#define CALL_WITH(name, ...) (raw ? REAL(syscall)(NUMBER_##name, __VA_ARGS__) : (long)REAL(name)(__VA_ARGS__))
#define by_number(n, a) REAL(syscall)(n, (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5])

/* A real call that may wait: marks this thread as inside it, in the direction of its row. */
#define INSIDE(c, name, call)                                                                          \
	({                                                                                             \
		_Static_assert((int)INSIDE_##name <= WRITING, "the row says that nobody waits in it"); \
		call_enter(c, #name, (enum side)INSIDE_##name);                                        \
		__auto_type in_ = (call);                                                              \
		call_leave(c, #name, (enum side)INSIDE_##name);                                        \
		in_;                                                                                   \
	})

/* A real call that writes to the socket of `c`, if it is one. */
#define WRITES(c, call)                      \
	({                                   \
		data_writes(c, true);        \
		__auto_type wrote_ = (call); \
		data_writes(c, false);       \
		wrote_;                      \
	})

/* A call that makes descriptors and returns `none` on failure. The shim's own descriptor must not count against the host's limit: if the
 * call failed for lack of one, the shim's is closed and the call repeated. */
#define MAKES(none, call)                                                               \
	({                                                                              \
		bool kept_ = __builtin_expect(!trace_is_unkept(), 0);                   \
		int errno_ = kept_ ? errno : 0;                                         \
		__auto_type made_ = (call);                                             \
		if (__builtin_expect(made_ == (none), 0) && kept_ && gives_way(errno_)) \
			made_ = (call);                                                 \
		made_;                                                                  \
	})

/* Whether that was the reason; if so, restores errno to its value before the call. */
static inline bool gives_way(int before)
{
	if (!gave_way())
		return false;
	errno = before;
	return true;
}

/* Whether a recv with these flags took nothing from the stream. A peek moves no bytes, but it sees the end. */
static inline bool moved_nothing(int flags, long ret)
{
	return ret >= 0 && (flags & (MSG_OOB | MSG_ERRQUEUE) || (flags & MSG_PEEK && ret));
}

/* Whether it takes what it returns. */
static inline bool always_moves(int flags) { return !(flags & (MSG_OOB | MSG_ERRQUEUE | MSG_PEEK)); }

/* Around a call that may install a seccomp filter: see sandbox.h. `failed`: an expression of the result, ret_; true if it did not. */
#define SANDBOX(filter, call, failed)                             \
	({                                                        \
		struct sandbox sandbox_ = sandbox_begins(filter); \
		__auto_type ret_ = (call);                        \
		if (failed)                                       \
			sandbox_failed(&sandbox_);                \
		ret_;                                             \
	})

/* Call after a limit was set, `own`: of this process. Moves the shim's descriptor out of the host's reach, and the mark near the limit. */
static inline int limited(int ret, bool own, int resource)
{
	if (!ret && own && resource == RLIMIT_NOFILE && process_active()) {
		trace_hide();
		watch_limit();
	}
	return ret;
}

/* The descriptor of a stream; fileno(3) sets errno if it has none. And of a directory, which always has one. */
static inline int number_of(FILE *f)
{
	int saved = errno, fd = fileno_unlocked(f);
	errno = saved;
	return fd;
}
static inline int folder_of(DIR *d)
{
	int saved = errno, fd = dirfd(d);
	errno = saved;
	return fd;
}

/* The close-on-exec flag of a mode of fopen(3) that libc has accepted. */
static inline int cloexec_of(const char *mode) { return strchr(mode, 'e') ? O_CLOEXEC : 0; }

/* Whether fd is the shim's own descriptor; if so, sets errno to EBADF, since for the host it is not open. */
static inline bool is_own(int fd)
{
	if (__builtin_expect(fd != trace_fd(), 1) || fd < 0 || self_untold())
		return false;
	errno = EBADF;
	return true;
}

#endif

/* What the quarantine (track/quarantine.h) puts between a hook and libc. Each row of hooks.def that makes, receives, duplicates or closes
 * descriptors needs a function kept_NAME, which makes the real call and then moves the result. Without it the shim does not link. The
 * macros below define it next to the hook's body; quarantine.c has the functions that need more.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_KEPT_H
#define SHIM_KEPT_H

#include "shim/hooks/real.h"
#include "shim/track/quarantine.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* libc's functions, while struct real has the kept ones. */
extern struct real behind __attribute__((visibility("hidden")));

#define HOOK(name, ...) extern __typeof__(name) kept_##name;
#include "shim/model/hooks.def"

/* Move the result of a call; a failure is passed through. */
long pair_moved(long ret, int ends[2]); /* pipe(2), socketpair(2): `ends` is filled by the kernel */
FILE *stream_moved(FILE *);
DIR *folder_moved(DIR *);
static inline int number_moved(long fd) { return quarantine_move((int)fd); }

/* A call that returns `none` on failure. If the quarantine caused the failure, runs `again` and repeats the call. */
#define MADE(none, call, again)                                                               \
	({                                                                                    \
		struct crowd crowd_ = quarantine_crowd();                                     \
		int errno_ = errno;                                                           \
		__auto_type made_ = (call);                                                   \
		while (__builtin_expect(made_ == (none), 0) && quarantine_crowded(&crowd_)) { \
			errno = errno_;                                                       \
			again;                                                                \
			made_ = (call);                                                       \
		}                                                                             \
		made_;                                                                        \
	})

/* One macro for each type of result: a descriptor, 0 with two descriptors in `fds`, a stream, a directory. */
#define KEPT_NUMBER(name, params, args) KEPT(int, -1, number_moved, name, params, args)
#define KEPT_STREAM(name, params, args) KEPT(FILE *, NULL, stream_moved, name, params, args)
#define KEPT_FOLDER(name, params, args) KEPT(DIR *, NULL, folder_moved, name, params, args)
#define KEPT(type, none, moved, name, params, args) \
	type kept_##name params { return moved(MADE(none, behind.name args, )); }
#define KEPT_PAIR(name, params, args) \
	int kept_##name params { return (int)pair_moved(MADE(-1, behind.name args, ), fds); }

/* open(2) and openat(2). The hooks always pass a mode. */
#define KEPT_OPEN(name, params, ...)                                                    \
	int kept_##name params                                                          \
	{                                                                               \
		va_list ap;                                                             \
		va_start(ap, flags);                                                    \
		mode_t mode = va_arg(ap, mode_t);                                       \
		va_end(ap);                                                             \
		return number_moved(MADE(-1, behind.name(__VA_ARGS__, flags, mode), )); \
	}

/* mkstemp(3): a failed call leaves a name in place of the six X, which the next try needs. */
#define KEPT_TEMPORARY(name, params, args, suffix)                                                             \
	int kept_##name params                                                                                 \
	{                                                                                                      \
		return number_moved(                                                                           \
			MADE(-1, behind.name args, memset(path + strlen(path) - (size_t)(suffix)-6, 'X', 6))); \
	}

#endif

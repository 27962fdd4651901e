/* open(2), pipe(2), fopen(3) and other makers of descriptors that are no sockets. Nothing of them is recorded: they are hooked so that
 * the host can have every descriptor that its limit allows, see MAKES in hook.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY make
#include "shim/hooks/hook.h"

#include <stdarg.h>
#include <string.h>

#define MAKE(type, none, name, params, args) \
	HOOK_BODY(type, name, params) { return MAKES(none, REAL(name) args); }

/* A mode is there only with these flags, and is passed on only then, as libc does. */
#define MAKE_OPEN(name, params, ...)                                  \
	HOOK_BODY(int, name, params)                                  \
	{                                                             \
		mode_t mode = 0;                                      \
		if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
			va_list ap;                                   \
			va_start(ap, flags);                          \
			mode = va_arg(ap, mode_t);                    \
			va_end(ap);                                   \
		}                                                     \
		return MAKES(-1, REAL(name)(__VA_ARGS__, mode));      \
	}

/* A failure leaves a name in place of the six X that the next try wants. */
#define MAKE_TEMPORARY(name, suffix, params, args)                        \
	HOOK_BODY(int, name, params)                                      \
	{                                                                 \
		int before = errno, fd = REAL(name) args;                 \
		if (fd < 0 && gives_way(before)) {                        \
			memset(path + strlen(path) - (suffix)-6, 'X', 6); \
			fd = REAL(name) args;                             \
		}                                                         \
		return fd;                                                \
	}

MAKE_OPEN(open, (const char *path, int flags, ...), path, flags)
MAKE_OPEN(open64, (const char *path, int flags, ...), path, flags)
MAKE_OPEN(openat, (int folder, const char *path, int flags, ...), folder, path, flags)
MAKE_OPEN(openat64, (int folder, const char *path, int flags, ...), folder, path, flags)
MAKE(int, -1, __open_2, (const char *path, int flags), (path, flags))
MAKE(int, -1, __open64_2, (const char *path, int flags), (path, flags))
MAKE(int, -1, __openat_2, (int folder, const char *path, int flags), (folder, path, flags))
MAKE(int, -1, __openat64_2, (int folder, const char *path, int flags), (folder, path, flags))
MAKE(int, -1, creat, (const char *path, mode_t mode), (path, mode))
MAKE(int, -1, creat64, (const char *path, mode_t mode), (path, mode))

MAKE(int, -1, pipe, (int ends[2]), (ends))
MAKE(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
MAKE(int, -1, eventfd, (unsigned count, int flags), (count, flags))
MAKE(int, -1, epoll_create, (int size), (size))
MAKE(int, -1, epoll_create1, (int flags), (flags))
MAKE(int, -1, timerfd_create, (int clock, int flags), (clock, flags))
MAKE(int, -1, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
MAKE(int, -1, inotify_init, (void), ())
MAKE(int, -1, inotify_init1, (int flags), (flags))
MAKE(int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))

MAKE(FILE *, NULL, fopen, (const char *restrict path, const char *restrict mode), (path, mode))
MAKE(FILE *, NULL, fopen64, (const char *restrict path, const char *restrict mode), (path, mode))
MAKE(FILE *, NULL, tmpfile, (void), ())
MAKE(FILE *, NULL, tmpfile64, (void), ())
MAKE(DIR *, NULL, opendir, (const char *path), (path))

MAKE_TEMPORARY(mkstemp, 0, (char *path), (path))
MAKE_TEMPORARY(mkstemp64, 0, (char *path), (path))
MAKE_TEMPORARY(mkostemp, 0, (char *path, int flags), (path, flags))
MAKE_TEMPORARY(mkostemp64, 0, (char *path, int flags), (path, flags))
MAKE_TEMPORARY(mkstemps, (size_t)suffix, (char *path, int suffix), (path, suffix))
MAKE_TEMPORARY(mkstemps64, (size_t)suffix, (char *path, int suffix), (path, suffix))
MAKE_TEMPORARY(mkostemps, (size_t)suffix, (char *path, int suffix, int flags), (path, suffix, flags))
MAKE_TEMPORARY(mkostemps64, (size_t)suffix, (char *path, int suffix, int flags), (path, suffix, flags))

ALSO(__open, open);
ALSO(__open64, open64);
ALSO(__pipe, pipe);
ALSO(_IO_fopen, fopen);

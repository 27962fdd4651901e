/* open(2), pipe(2), fopen(3) and other makers of descriptors that are not sockets. The table learns the kind of each descriptor, and who
 * made it.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY make
#include "shim/hooks/hook.h"
#include "shim/hooks/kept.h"

#include <linux/bpf.h>
#include <linux/openat2.h>
#include <stdarg.h>

/* Records a maker of one descriptor. `cloexec`: whether its arguments have the flag. */
static inline __attribute__((always_inline)) int told(const char *op, long fd, enum kind kind, bool cloexec)
{
	if (__builtin_expect(fd >= 0, 1))
		return made_open(op, (int)fd, kind, cloexec);
	failed_to_open(op, kind);
	return (int)fd;
}

static inline __attribute__((always_inline)) int told_path(const char *op, long fd, int flags)
{
	if (__builtin_expect(fd >= 0, 1))
		return made_path(op, (int)fd, flags);
	failed_to_open(op, KIND_file);
	return (int)fd;
}

/* For a path relative to `folder`, which may be closed. */
static inline int told_below(const char *op, int folder, long fd, int flags)
{
	if (fd < 0 && errno == EBADF)
		call_refused(op, folder, TELL);
	return told_path(op, fd, flags);
}

#define MAKE(name, kind, cloexec, params, args, words)                                         \
	KEPT_NUMBER(name, params, args)                                                        \
	TWINS(int, name, params, args, words)                                                  \
	{                                                                                      \
		return told(#name, MAKES(-1, CALL(name, UNPACK_ args)), KIND_##kind, cloexec); \
	}
#define UNPACK_(...) __VA_ARGS__

/* For system calls without a libc function. */
#define MAKE_RAW(name, kind, cloexec) \
	RAW_BODY(name) { return told(#name, MAKES(-1, by_number(NUMBER_##name, a)), KIND_##kind, cloexec); }

/* A mode is passed only with these flags, so it is read only then, as libc does. */
#define MODE(mode)                                            \
	mode_t mode = 0;                                      \
	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
		va_list ap;                                   \
		va_start(ap, flags);                          \
		mode = va_arg(ap, mode_t);                    \
		va_end(ap);                                   \
	}

KEPT_OPEN(open, (const char *path, int flags, ...), path)
BODY(open, (const char *path, int flags, mode_t mode))
{
	return told_path("open", MAKES(-1, CALL(open, path, flags, mode)), flags);
}
RAW(open, (PTR(0), a[1], (mode_t)a[2]))
HOOK_BODY(int, open, (const char *path, int flags, ...))
{
	MODE(mode);
	return (int)body_open(NULL, path, flags, mode);
}

KEPT_OPEN(openat, (int folder, const char *path, int flags, ...), folder, path)
BODY(openat, (int folder, const char *path, int flags, mode_t mode))
{
	return told_below("openat", folder, MAKES(-1, CALL(openat, folder, path, flags, mode)), flags);
}
RAW(openat, (a[0], PTR(1), a[2], (mode_t)a[3]))
HOOK_BODY(int, openat, (int folder, const char *path, int flags, ...))
{
	MODE(mode);
	return (int)body_openat(NULL, folder, path, flags, mode);
}

KEPT_OPEN(open64, (const char *path, int flags, ...), path)
HOOK_BODY(int, open64, (const char *path, int flags, ...))
{
	MODE(mode);
	return told_path("open64", MAKES(-1, REAL(open64)(path, flags, mode)), flags);
}

KEPT_OPEN(openat64, (int folder, const char *path, int flags, ...), folder, path)
HOOK_BODY(int, openat64, (int folder, const char *path, int flags, ...))
{
	MODE(mode);
	return told_below("openat64", folder, MAKES(-1, REAL(openat64)(folder, path, flags, mode)), flags);
}

#define MAKE_PATH(name, flags, params, args) \
	KEPT_NUMBER(name, params, args)      \
	HOOK_BODY(int, name, params) { return told_path(#name, MAKES(-1, REAL(name) args), flags); }

MAKE_PATH(__open_2, flags, (const char *path, int flags), (path, flags))
MAKE_PATH(__open64_2, flags, (const char *path, int flags), (path, flags))
MAKE_PATH(creat64, 0, (const char *path, mode_t mode), (path, mode))
MAKE_PATH(shm_open, O_CLOEXEC, (const char *name, int flags, mode_t mode), (name, flags, mode))

KEPT_NUMBER(__openat_2, (int folder, const char *path, int flags), (folder, path, flags))
HOOK_BODY(int, __openat_2, (int folder, const char *path, int flags))
{
	return told_below("__openat_2", folder, MAKES(-1, REAL(__openat_2)(folder, path, flags)), flags);
}

KEPT_NUMBER(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags))
HOOK_BODY(int, __openat64_2, (int folder, const char *path, int flags))
{
	return told_below("__openat64_2", folder, MAKES(-1, REAL(__openat64_2)(folder, path, flags)), flags);
}

MAKE(creat, file, false, (const char *path, mode_t mode), (path, mode), (PTR(0), (mode_t)a[1]))

RAW_BODY(openat2)
{
	const struct open_how *how = PTR(2);
	long fd = MAKES(-1, by_number(NUMBER_openat2, a));
	return told_below("openat2", (int)a[0], fd, fd < 0 ? 0 : (int)how->flags);
}

static long ends(const char *op, long ret, const int fds[2], bool cloexec)
{
	if (ret)
		failed_to_open(op, KIND_pipe);
	for (int i = 0; !ret && i < 2; i++)
		made_open(op, fds[i], KIND_pipe, cloexec);
	return ret;
}

KEPT_PAIR(pipe, (int fds[2]), (fds))
TWINS(int, pipe, (int fds[2]), (fds), (PTR(0))) { return ends("pipe", MAKES(-1, CALL(pipe, fds)), fds, false); }

KEPT_PAIR(pipe2, (int fds[2], int flags), (fds, flags))
TWINS(int, pipe2, (int fds[2], int flags), (fds, flags), (PTR(0), a[1]))
{
	return ends("pipe2", MAKES(-1, CALL(pipe2, fds, flags)), fds, flags & O_CLOEXEC);
}

MAKE(eventfd, eventfd, flags &EFD_CLOEXEC, (unsigned count, int flags), (count, flags), ((unsigned)a[0], a[1]))
MAKE(epoll_create, epoll, false, (int size), (size), (a[0]))
MAKE(epoll_create1, epoll, flags &EPOLL_CLOEXEC, (int flags), (flags), (a[0]))
MAKE(timerfd_create, timerfd, flags &TFD_CLOEXEC, (int clock, int flags), (clock, flags), (a[0], a[1]))
MAKE(inotify_init1, inotify, flags &IN_CLOEXEC, (int flags), (flags), (a[0]))
MAKE(fanotify_init, other, flags &FAN_CLOEXEC, (unsigned flags, unsigned events), (flags, events),
     ((unsigned)a[0], (unsigned)a[1]))
MAKE(memfd_create, memfd, flags &MFD_CLOEXEC, (const char *name, unsigned flags), (name, flags),
     (PTR(0), (unsigned)a[1]))
MAKE(pidfd_open, pidfd, true, (pid_t pid, unsigned flags), (pid, flags), (a[0], (unsigned)a[1]))
MAKE_RAW(memfd_secret, memfd, a[0] & O_CLOEXEC)
MAKE_RAW(userfaultfd, other, a[0] & O_CLOEXEC)
MAKE_RAW(perf_event_open, other, a[4] & 8 /* PERF_FLAG_FD_CLOEXEC */)
MAKE_RAW(io_uring_setup, other, true)

KEPT_NUMBER(inotify_init, (void), ())
BODY(inotify_init, (int nothing))
{
	(void)nothing;
	return told("inotify_init", MAKES(-1, raw ? by_number(NUMBER_inotify_init, raw) : REAL(inotify_init)()),
		    KIND_inotify, false);
}
RAW(inotify_init, (0))
HOOK_BODY(int, inotify_init, (void)) { return (int)body_inotify_init(NULL, 0); }

/* Given an existing signalfd, it only changes its mask. */
BODY(signalfd, (int fd, const sigset_t *mask, int flags))
{
	long ret = MAKES(-1, CALL(signalfd, fd, mask, flags));
	return fd < 0 ? told("signalfd", ret, KIND_signalfd, flags & SFD_CLOEXEC) : ret;
}
RAW(signalfd, (a[0], PTR(1), a[3]))
HOOK_BODY(int, signalfd, (int fd, const sigset_t *mask, int flags))
{
	return (int)body_signalfd(NULL, fd, mask, flags);
}

/* Some of its commands answer with a descriptor. */
RAW_BODY(bpf)
{
	long ret = MAKES(-1, by_number(NUMBER_bpf, a));
	switch (a[0]) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_CREATE:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_ENABLE_STATS:
	case BPF_ITER_CREATE: return told("bpf", ret, KIND_other, true);
	default: return ret;
	}
}

/* A descriptor of another process, of any kind. */
KEPT_NUMBER(pidfd_getfd, (int pidfd, int theirs, unsigned flags), (pidfd, theirs, flags))
TWINS(int, pidfd_getfd, (int pidfd, int theirs, unsigned flags), (pidfd, theirs, flags), (a[0], a[1], (unsigned)a[2]))
{
	if (is_own(pidfd))
		return -1;
	struct call c = call_begin(pidfd);
	long fd = MAKES(-1, CALL(pidfd_getfd, pidfd, theirs, flags));
	call_check(&c, "pidfd_getfd", fd, SEVERAL);
	if (fd >= 0)
		made_from_kernel("pidfd_getfd", (int)fd);
	return fd;
}

BODY(mq_open, (const char *name, int flags, mode_t mode, void *attr))
{
	return told("mq_open", MAKES(-1, CALL(mq_open, name, flags, mode, attr)), KIND_other, flags & O_CLOEXEC);
}
RAW(mq_open, (PTR(0), a[1], (mode_t)a[2], PTR(3)))
HOOK_BODY(mqd_t, mq_open, (const char *name, int flags, ...))
{
	mode_t mode = 0;
	void *attr = NULL;
	if (flags & O_CREAT) {
		va_list ap;
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		attr = va_arg(ap, void *);
		va_end(ap);
	}
	return (mqd_t)body_mq_open(NULL, name, flags, mode, attr);
}

KEPT_NUMBER(posix_openpt, (int flags), (flags))
HOOK_BODY(int, posix_openpt, (int flags))
{
	return told("posix_openpt", MAKES(-1, REAL(posix_openpt)(flags)), KIND_terminal, flags & O_CLOEXEC);
}

KEPT_NUMBER(getpt, (void), ())
HOOK_BODY(int, getpt, (void)) { return told("getpt", MAKES(-1, REAL(getpt)()), KIND_terminal, false); }

HOOK_BODY(int, openpty,
	  (int *master, int *slave, char *name, const struct termios *attributes, const struct winsize *size))
{
	int ret = MAKES(-1, REAL(openpty)(master, slave, name, attributes, size));
	if (ret)
		failed_to_open("openpty", KIND_terminal);
	else {
		made_open("openpty", *master, KIND_terminal, false);
		made_open("openpty", *slave, KIND_terminal, false);
	}
	return ret;
}

/* The child has the terminal as descriptors 0, 1 and 2. */
HOOK_BODY(int, forkpty, (int *master, char *name, const struct termios *attributes, const struct winsize *size))
{
	uint64_t t = process_give("forkpty");
	int pid = MAKES(-1, REAL(forkpty)(master, name, attributes, size));
	if (pid > 0) {
		process_spawned("forkpty", pid, t);
		made_open("forkpty", *master, KIND_terminal, false);
	}
	for (int fd = 0; pid == 0 && fd < 3; fd++)
		made_open("forkpty", fd, KIND_terminal, false);
	return pid;
}

#define MAKE_STREAM(name, flags, params, args)                            \
	KEPT_STREAM(name, params, args)                                   \
	HOOK_BODY(FILE *, name, params)                                   \
	{                                                                 \
		FILE *f = MAKES(NULL, REAL(name) args);                   \
		told_path(#name, f ? number_of(f) : -1, f ? (flags) : 0); \
		return f;                                                 \
	}

MAKE_STREAM(fopen, cloexec_of(mode), (const char *restrict path, const char *restrict mode), (path, mode))
MAKE_STREAM(fopen64, cloexec_of(mode), (const char *restrict path, const char *restrict mode), (path, mode))
MAKE_STREAM(tmpfile, 0, (void), ())
MAKE_STREAM(tmpfile64, 0, (void), ())

KEPT_FOLDER(opendir, (const char *path), (path))
HOOK_BODY(DIR *, opendir, (const char *path))
{
	DIR *d = MAKES(NULL, REAL(opendir)(path));
	told("opendir", d ? folder_of(d) : -1, KIND_dir, true);
	return d;
}

/* A failed call leaves a name in place of the six X, which the next try needs. */
#define MAKE_TEMPORARY(name, suffix, flags, params, args)                 \
	KEPT_TEMPORARY(name, params, args, suffix)                        \
	HOOK_BODY(int, name, params)                                      \
	{                                                                 \
		int before = errno, fd = REAL(name) args;                 \
		if (fd < 0 && gives_way(before)) {                        \
			memset(path + strlen(path) - (suffix)-6, 'X', 6); \
			fd = REAL(name) args;                             \
		}                                                         \
		return told_path(#name, fd, (flags) | O_CREAT | O_EXCL);  \
	}

MAKE_TEMPORARY(mkstemp, 0, 0, (char *path), (path))
MAKE_TEMPORARY(mkstemp64, 0, 0, (char *path), (path))
MAKE_TEMPORARY(mkostemp, 0, flags, (char *path, int flags), (path, flags))
MAKE_TEMPORARY(mkostemp64, 0, flags, (char *path, int flags), (path, flags))
MAKE_TEMPORARY(mkstemps, (size_t)suffix, 0, (char *path, int suffix), (path, suffix))
MAKE_TEMPORARY(mkstemps64, (size_t)suffix, 0, (char *path, int suffix), (path, suffix))
MAKE_TEMPORARY(mkostemps, (size_t)suffix, flags, (char *path, int suffix, int flags), (path, suffix, flags))
MAKE_TEMPORARY(mkostemps64, (size_t)suffix, flags, (char *path, int suffix, int flags), (path, suffix, flags))

ALSO(__open, open);
ALSO(__open64, open64);
ALSO(__pipe, pipe);
ALSO(_IO_fopen, fopen);

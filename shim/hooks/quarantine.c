/* The quarantine (track/quarantine.h) lies between the hooks and libc: it takes the place of the real functions that close or make
 * descriptors, so that the hooks learn of its numbers alone, and where it is off nothing is there that could cost anything.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/real.h"
#include "shim/kernel/peek.h"
#include "shim/model/hooks.h"
#include "shim/track/quarantine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

static struct real behind;

/* -- what was made -------------------------------------------------------------------------------------------- */

/* A call that answers `none` when it fails, made again where that is the quarantine's doing. `again` comes before that. */
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

static int number_moved(long fd) { return quarantine_move((int)fd); }

/* pipe(2), socketpair(2): the kernel has written there. */
static long pair_moved(long ret, int ends[2])
{
	for (int i = 0; !ret && i < 2; i++)
		ends[i] = quarantine_move(ends[i]);
	return ret;
}

/* Nobody else has the stream yet. */
static FILE *stream_moved(FILE *f)
{
	int *number = f ? libc_stream_number(f) : NULL;
	if (number)
		*number = quarantine_move(*number);
	return f;
}

/* A DIR cannot get another number, but there can be another DIR. */
static DIR *folder_moved(DIR *d)
{
	int saved = errno, copy = d ? quarantine_double(dirfd(d)) : -1;
	if (copy < 0)
		return d;
	DIR *other = behind.fdopendir(copy);
	if (other)
		behind.closedir(d);
	quarantine_undouble(other ? -1 : copy);
	errno = saved;
	return other ? other : d;
}

/* Moves descriptors received in a message, whose numbers the kernel has just written there. Only a descriptor that is open although its
 * number is kept is replaced: it can only have come in this message. */
static void rights_moved(const struct msghdr *m)
{
	enum { MOST = 1 << 17 }; /* see message.c */
	char *control = m->msg_control;
	size_t len = m->msg_controllen < MOST ? m->msg_controllen : MOST;
	struct cmsghdr c;
	for (size_t at = 0; control && at + sizeof c <= len; at += CMSG_ALIGN(c.cmsg_len)) {
		if (!peek(&c, control + at, sizeof c) || c.cmsg_len < sizeof c || c.cmsg_len > len - at)
			return;
		if (c.cmsg_level != SOL_SOCKET || c.cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = CMSG_LEN(0); i + sizeof(int) <= c.cmsg_len; i += sizeof(int)) {
			int fd, moved;
			if (!peek(&fd, control + at + i, sizeof fd))
				return;
			moved = quarantine_move(fd);
			if (moved != fd)
				memcpy(control + at + i, &moved, sizeof moved);
		}
	}
}

static long those_rights_moved(long ret, const struct msghdr *m)
{
	if (ret >= 0)
		rights_moved(m);
	return ret;
}

static long many_rights_moved(long ret, const struct mmsghdr *m)
{
	for (long i = 0; i < ret; i++)
		rights_moved(&m[i].msg_hdr);
	return ret;
}

/* -- makers --------------------------------------------------------------------------------------------------- */

/* Each of them as it is to be called in the place of the real one: the same call, and what it made is moved. */
#define MAKERS                                                                                                    \
	NUMBER_MAKER(socket, (int domain, int type, int protocol), (domain, type, protocol))                      \
	NUMBER_MAKER(accept, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))                    \
	NUMBER_MAKER(accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags), (fd, addr, len, flags)) \
	NUMBER_MAKER(__open_2, (const char *path, int flags), (path, flags))                                      \
	NUMBER_MAKER(__open64_2, (const char *path, int flags), (path, flags))                                    \
	NUMBER_MAKER(__openat_2, (int folder, const char *path, int flags), (folder, path, flags))                \
	NUMBER_MAKER(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags))              \
	NUMBER_MAKER(creat, (const char *path, mode_t mode), (path, mode))                                        \
	NUMBER_MAKER(creat64, (const char *path, mode_t mode), (path, mode))                                      \
	NUMBER_MAKER(eventfd, (unsigned count, int flags), (count, flags))                                        \
	NUMBER_MAKER(epoll_create, (int size), (size))                                                            \
	NUMBER_MAKER(epoll_create1, (int flags), (flags))                                                         \
	NUMBER_MAKER(timerfd_create, (int clock, int flags), (clock, flags))                                      \
	NUMBER_MAKER(inotify_init, (void), ())                                                                    \
	NUMBER_MAKER(inotify_init1, (int flags), (flags))                                                         \
	NUMBER_MAKER(memfd_create, (const char *name, unsigned flags), (name, flags))                             \
	NUMBER_MAKER(fanotify_init, (unsigned flags, unsigned events), (flags, events))                           \
	NUMBER_MAKER(pidfd_open, (pid_t pid, unsigned flags), (pid, flags))                                       \
	NUMBER_MAKER(pidfd_getfd, (int pidfd, int theirs, unsigned flags), (pidfd, theirs, flags))                \
	NUMBER_MAKER(shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode))                   \
	NUMBER_MAKER(posix_openpt, (int flags), (flags))                                                          \
	NUMBER_MAKER(getpt, (void), ())                                                                           \
	MAKER(FILE *, NULL, stream_moved, fopen, (const char *path, const char *mode), (path, mode))              \
	MAKER(FILE *, NULL, stream_moved, fopen64, (const char *path, const char *mode), (path, mode))            \
	MAKER(FILE *, NULL, stream_moved, tmpfile, (void), ())                                                    \
	MAKER(FILE *, NULL, stream_moved, tmpfile64, (void), ())                                                  \
	MAKER(FILE *, NULL, stream_moved, popen, (const char *command, const char *mode), (command, mode))        \
	MAKER(DIR *, NULL, folder_moved, opendir, (const char *path), (path))                                     \
	PAIR_MAKER(socketpair, (int domain, int type, int protocol, int ends[2]), (domain, type, protocol, ends)) \
	PAIR_MAKER(pipe, (int ends[2]), (ends))                                                                   \
	PAIR_MAKER(pipe2, (int ends[2], int flags), (ends, flags))                                                \
	OPENER(open, (const char *path, int flags, ...), path)                                                    \
	OPENER(open64, (const char *path, int flags, ...), path)                                                  \
	OPENER(openat, (int folder, const char *path, int flags, ...), folder, path)                              \
	OPENER(openat64, (int folder, const char *path, int flags, ...), folder, path)                            \
	TEMPORARY(mkstemp, (char *path), (path), 0)                                                               \
	TEMPORARY(mkstemp64, (char *path), (path), 0)                                                             \
	TEMPORARY(mkostemp, (char *path, int flags), (path, flags), 0)                                            \
	TEMPORARY(mkostemp64, (char *path, int flags), (path, flags), 0)                                          \
	TEMPORARY(mkstemps, (char *path, int suffix), (path, suffix), suffix)                                     \
	TEMPORARY(mkstemps64, (char *path, int suffix), (path, suffix), suffix)                                   \
	TEMPORARY(mkostemps, (char *path, int suffix, int flags), (path, suffix, flags), suffix)                  \
	TEMPORARY(mkostemps64, (char *path, int suffix, int flags), (path, suffix, flags), suffix)                \
	DUPLICATOR(fcntl)                                                                                         \
	DUPLICATOR(fcntl64)

#define NUMBER_MAKER(name, params, args) MAKER(int, -1, number_moved, name, params, args)
#define MAKER(type, none, moved, name, params, args) \
	static type kept_##name params { return moved(MADE(none, behind.name args, )); }
#define PAIR_MAKER(name, params, args) \
	static int kept_##name params { return (int)pair_moved(MADE(-1, behind.name args, ), ends); }
/* The hooks pass a mode always. */
#define OPENER(name, params, ...)                                                       \
	static int kept_##name params                                                   \
	{                                                                               \
		va_list ap;                                                             \
		va_start(ap, flags);                                                    \
		mode_t mode = va_arg(ap, mode_t);                                       \
		va_end(ap);                                                             \
		return number_moved(MADE(-1, behind.name(__VA_ARGS__, flags, mode), )); \
	}
/* A failure leaves a name in place of the six X. */
#define TEMPORARY(name, params, args, suffix)                                                                  \
	static int kept_##name params                                                                          \
	{                                                                                                      \
		return number_moved(                                                                           \
			MADE(-1, behind.name args, memset(path + strlen(path) - (size_t)(suffix)-6, 'X', 6))); \
	}

static bool is_dup(int command) { return command == F_DUPFD || command == F_DUPFD_CLOEXEC; }

/* And an argument, of which only the command knows what it is. */
#define DUPLICATOR(name)                                                         \
	static int kept_##name(int fd, int cmd, ...)                             \
	{                                                                        \
		va_list ap;                                                      \
		va_start(ap, cmd);                                               \
		void *arg = va_arg(ap, void *);                                  \
		va_end(ap);                                                      \
		if (!is_dup(cmd))                                                \
			return behind.name(fd, cmd, arg);                        \
		int copy = quarantine_copy(fd, (int)(intptr_t)arg, cmd);         \
		return copy >= 0 ? copy : MADE(-1, behind.name(fd, cmd, arg), ); \
	}
MAKERS

/* -- those that are made otherwise ---------------------------------------------------------------------------- */

static int kept_dup(int fd)
{
	int copy = quarantine_copy(fd, 0, F_DUPFD);
	return copy >= 0 ? copy : MADE(-1, behind.dup(fd), );
}

static long lifted(long fd)
{
	if (fd >= 0)
		quarantine_lift((int)fd);
	return fd;
}

static int kept_dup2(int fd, int newfd) { return (int)lifted(behind.dup2(fd, newfd)); }
static int kept_dup3(int fd, int newfd, int flags) { return (int)lifted(behind.dup3(fd, newfd, flags)); }

/* The hook passes all arguments always. */
static mqd_t kept_mq_open(const char *name, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	void *attr = va_arg(ap, void *);
	va_end(ap);
	return number_moved(MADE(-1, behind.mq_open(name, flags, mode, attr), ));
}

static int kept_openpty(int *master, int *slave, char *name, const struct termios *attributes,
			const struct winsize *size)
{
	int ret = MADE(-1, behind.openpty(master, slave, name, attributes, size), );
	if (!ret) {
		*master = quarantine_move(*master);
		*slave = quarantine_move(*slave);
	}
	return ret;
}

static int kept_forkpty(int *master, char *name, const struct termios *attributes, const struct winsize *size)
{
	int pid = MADE(-1, behind.forkpty(master, name, attributes, size), );
	if (pid > 0)
		*master = quarantine_move(*master);
	return pid;
}

/* With a number it makes none. */
static int kept_signalfd(int fd, const sigset_t *mask, int flags)
{
	return fd != -1 ? behind.signalfd(fd, mask, flags) : number_moved(MADE(-1, behind.signalfd(fd, mask, flags), ));
}

static ssize_t kept_recvmsg(int fd, struct msghdr *m, int flags)
{
	return those_rights_moved(behind.recvmsg(fd, m, flags), m);
}

static int kept_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
{
	return (int)many_rights_moved(behind.recvmmsg(fd, m, n, flags, timeout), m);
}

/* -- what closes ---------------------------------------------------------------------------------------------- */

/* A failed close closes anyway, except with EBADF. */
#define CLOSED(fd, call)                                          \
	({                                                        \
		struct quarantining kept_ = quarantine_begin(fd); \
		__auto_type ret_ = (call);                        \
		quarantine_end(&kept_, !ret_ || errno != EBADF);  \
		ret_;                                             \
	})

#define RANGE_CLOSED(first, last, flags, call)                    \
	({                                                        \
		if (!(flags))                                     \
			quarantine_begin_range(first, last);      \
		__auto_type ret_ = (call);                        \
		if (!(flags))                                     \
			quarantine_end_range(first, last, !ret_); \
		ret_;                                             \
	})

static int number_of(FILE *f)
{
	int saved = errno, fd = fileno_unlocked(f);
	errno = saved;
	return fd;
}

static int kept_close(int fd) { return CLOSED(fd, behind.close(fd)); }
static int kept_fclose(FILE *f) { return CLOSED(number_of(f), behind.fclose(f)); }
static int kept_pclose(FILE *f) { return CLOSED(number_of(f), behind.pclose(f)); }
static int kept_closedir(DIR *d) { return CLOSED(dirfd(d), behind.closedir(d)); }
static int kept_mq_close(mqd_t fd) { return CLOSED(fd, behind.mq_close(fd)); }

static int kept_close_range(unsigned first, unsigned last, int flags)
{
	return RANGE_CLOSED(first, last, flags, behind.close_range(first, last, flags));
}

/* The stream keeps its number if libc can arrange that. */
#define REOPENED(real_call)                                        \
	struct quarantining kept = quarantine_begin(number_of(f)); \
	FILE *reopened = real_call;                                \
	quarantine_end(&kept, true);                               \
	if (reopened)                                              \
		quarantine_lift(number_of(reopened));              \
	return reopened

static FILE *kept_freopen(const char *path, const char *mode, FILE *f) { REOPENED(behind.freopen(path, mode, f)); }
static FILE *kept_freopen64(const char *path, const char *mode, FILE *f) { REOPENED(behind.freopen64(path, mode, f)); }

/* -- by number ------------------------------------------------------------------------------------------------ */

/* Whether a system call returns a new descriptor, according to its row. Calls that return descriptors in other ways are handled elsewhere. */
static bool makes(long n, int first)
{
	enum {
		MAKES = true,
		RECEIVES = true,
		DUPS = false,
		CLOSES = false,
		CONNECTS = false,
		PASSES = false,
		INHERITS = false,
		KEEPS = false
	};
	switch (n) {
#ifdef SYS_signalfd /* libc no longer uses this one */
	case SYS_signalfd:
#endif
	case NUMBER_signalfd: return first == -1; /* else it changes the given one */
#ifdef SYS_eventfd
	case SYS_eventfd: return true;
#endif
	case NUMBER_bpf: return false; /* most of its commands do not */
	}
	return false
#define HOOK(name, family, effect, inside, ...) __VA_OPT__(NUMBER(name, family, effect, __VA_ARGS__))
#define NUMBER(name, family, effect, number) || (effect && n == (number))
#include "shim/model/hooks.def"
		;
}

static long kept_syscall(long n, ...)
{
	va_list ap;
	long a[6];
	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
#define BEHIND behind.syscall(n, a[0], a[1], a[2], a[3], a[4], a[5])
	int fd = (int)a[0], copy = -1;
	switch (n) {
	case SYS_close: return CLOSED(fd, BEHIND);
	case SYS_close_range: return RANGE_CLOSED((unsigned)a[0], (unsigned)a[1], (unsigned)a[2], BEHIND);
	case SYS_dup2:
	case SYS_dup3: return lifted(BEHIND);
	case SYS_recvmsg: return those_rights_moved(BEHIND, (void *)a[1]);
	case SYS_recvmmsg: return many_rights_moved(BEHIND, (void *)a[1]);
	case SYS_socketpair: return pair_moved(MADE(-1, BEHIND, ), (int *)a[3]);
	case SYS_pipe2: return pair_moved(MADE(-1, BEHIND, ), (int *)a[0]);
	case SYS_dup:
	case SYS_fcntl:
		if (n == SYS_dup)
			copy = quarantine_copy(fd, 0, F_DUPFD);
		else if (is_dup((int)a[1]))
			copy = quarantine_copy(fd, (int)a[2], (int)a[1]);
		else
			return BEHIND;
		return copy >= 0 ? copy : MADE(-1, BEHIND, );
	}
#ifdef SYS_pipe
	if (n == SYS_pipe)
		return pair_moved(MADE(-1, BEHIND, ), (int *)a[0]);
#endif
	return makes(n, fd) ? number_moved(MADE(-1, BEHIND, )) : BEHIND;
}

void real_quarantine(void)
{
	behind = real;
#define KEPT(name) real.name = (void *)kept_##name
#undef MAKER
#undef NUMBER_MAKER
#undef PAIR_MAKER
#undef OPENER
#undef TEMPORARY
#undef DUPLICATOR
#define MAKER(type, none, moved, name, ...) KEPT(name);
#define NUMBER_MAKER(name, ...) KEPT(name);
#define PAIR_MAKER(name, ...) KEPT(name);
#define OPENER(name, ...) KEPT(name);
#define TEMPORARY(name, ...) KEPT(name);
#define DUPLICATOR(name) KEPT(name);
	MAKERS
	KEPT(dup);
	KEPT(dup2);
	KEPT(dup3);
	KEPT(signalfd);
	KEPT(recvmsg);
	KEPT(recvmmsg);
	KEPT(close);
	KEPT(close_range);
	KEPT(fclose);
	KEPT(pclose);
	KEPT(closedir);
	KEPT(mq_close);
	KEPT(mq_open);
	KEPT(openpty);
	KEPT(forkpty);
	KEPT(freopen);
	KEPT(freopen64);
	KEPT(syscall);
}

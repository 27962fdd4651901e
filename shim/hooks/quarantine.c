/* The quarantine (track/quarantine.h) sits between the hooks and libc: in each row that closes or makes descriptors, kept_NAME replaces the
 * real function. The hooks see only the quarantine's numbers, and when it is off it costs nothing. This file has the functions that kept.h
 * has no macro for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/kept.h"
#include "shim/kernel/peek.h"
#include "shim/model/hooks.h"

#include <stdint.h>
#include <sys/syscall.h>

struct real behind;

/* -- what was made -------------------------------------------------------------------------------------------- */

long pair_moved(long ret, int ends[2])
{
	for (int i = 0; !ret && i < 2; i++)
		ends[i] = quarantine_move(ends[i]);
	return ret;
}

/* No other thread has the stream yet. */
FILE *stream_moved(FILE *f)
{
	int *number = f ? libc_stream_number(f) : NULL;
	if (number)
		*number = quarantine_move(*number);
	return f;
}

/* A DIR cannot get another descriptor, so it is replaced by another DIR. */
DIR *folder_moved(DIR *d)
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

/* -- makers of other shapes ----------------------------------------------------------------------------------- */

static bool is_dup(int command) { return command == F_DUPFD || command == F_DUPFD_CLOEXEC; }

/* Only the command says what the argument is. */
#define DUPLICATOR(name)                                                         \
	int kept_##name(int fd, int cmd, ...)                                    \
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
DUPLICATOR(fcntl)
DUPLICATOR(fcntl64)

int kept_dup(int fd)
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

int kept_dup2(int fd, int newfd) { return (int)lifted(behind.dup2(fd, newfd)); }
int kept_dup3(int fd, int newfd, int flags) { return (int)lifted(behind.dup3(fd, newfd, flags)); }

/* The hook always passes all arguments. */
mqd_t kept_mq_open(const char *name, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	void *attr = va_arg(ap, void *);
	va_end(ap);
	return number_moved(MADE(-1, behind.mq_open(name, flags, mode, attr), ));
}

int kept_openpty(int *master, int *slave, char *name, const struct termios *attributes, const struct winsize *size)
{
	int ret = MADE(-1, behind.openpty(master, slave, name, attributes, size), );
	if (!ret) {
		*master = quarantine_move(*master);
		*slave = quarantine_move(*slave);
	}
	return ret;
}

int kept_forkpty(int *master, char *name, const struct termios *attributes, const struct winsize *size)
{
	int pid = MADE(-1, behind.forkpty(master, name, attributes, size), );
	if (pid > 0)
		*master = quarantine_move(*master);
	return pid;
}

/* Given a signalfd, it changes that one. */
int kept_signalfd(int fd, const sigset_t *mask, int flags)
{
	return fd != -1 ? behind.signalfd(fd, mask, flags) : number_moved(MADE(-1, behind.signalfd(fd, mask, flags), ));
}

ssize_t kept_recvmsg(int fd, struct msghdr *m, int flags)
{
	return those_rights_moved(behind.recvmsg(fd, m, flags), m);
}

int kept_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
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

int kept_close(int fd) { return CLOSED(fd, behind.close(fd)); }
int kept_fclose(FILE *f) { return CLOSED(number_of(f), behind.fclose(f)); }
int kept_pclose(FILE *f) { return CLOSED(number_of(f), behind.pclose(f)); }
int kept_closedir(DIR *d) { return CLOSED(dirfd(d), behind.closedir(d)); }
int kept_mq_close(mqd_t fd) { return CLOSED(fd, behind.mq_close(fd)); }

int kept_close_range(unsigned first, unsigned last, int flags)
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

FILE *kept_freopen(const char *path, const char *mode, FILE *f) { REOPENED(behind.freopen(path, mode, f)); }
FILE *kept_freopen64(const char *path, const char *mode, FILE *f) { REOPENED(behind.freopen64(path, mode, f)); }

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

long kept_syscall(long n, ...)
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

/* daemon(3) leaves only 0, 1 and 2 open. closefrom(3) is called only if close_range(2) cannot be. */
int kept_daemon(int keep_dir, int keep_files) { return behind.daemon(keep_dir, keep_files); }
void kept_closefrom(int low) { behind.closefrom(low); }

/* Calls that fail on purpose (shim/fault). These functions take the place of the real ones, so the hooks see such a
 * failure as they would see the kernel's, and when `inject` is off nothing here costs anything. Each failure has the
 * effect that the kernel's has.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/real.h"

#include "shim/fault/fault.h"
#include "shim/kernel/sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

static struct real beyond;

/* Calls that fail without an effect, or by cutting the connection, or whose result is the error. */
#define PLAIN(type, name, of, fd, none, params, args)       \
	static type failing_##name params                   \
	{                                                   \
		struct fault fault;                         \
		if (!fault_here(FAULTY_##of, fd, &fault))   \
			return beyond.name args;            \
		if (fault.effect == DOES_VALUE)             \
			return (type)(intptr_t)fault.error; \
		if (fault.effect == DOES_GONE)              \
			fault_cut(fd);                      \
		if (fault.effect == DOES_RESET)             \
			fault_reset(fd);                    \
		errno = fault.error;                        \
		return none;                                \
	}

#define SPAWN_PARAMS(path)                                                                                   \
	(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *restrict actions, \
	 const posix_spawnattr_t *restrict attributes, char *const *restrict argv, char *const *restrict envp)

#define PLAIN_ONES                                                                                                     \
	PLAIN(int, socket, socket, -1, -1, (int domain, int type, int protocol), (domain, type, protocol))             \
	PLAIN(int, socketpair, socketpair, -1, -1, (int domain, int type, int protocol, int ends[2]),                  \
	      (domain, type, protocol, ends))                                                                          \
	PLAIN(int, dup, dup, fd, -1, (int fd), (fd))                                                                   \
	PLAIN(FILE *, fopen, fopen, -1, NULL, (const char *restrict path, const char *restrict mode), (path, mode))    \
	PLAIN(FILE *, fopen64, fopen, -1, NULL, (const char *restrict path, const char *restrict mode), (path, mode))  \
	PLAIN(FILE *, fdopen, fdopen, fd, NULL, (int fd, const char *mode), (fd, mode))                                \
	PLAIN(DIR *, opendir, opendir, -1, NULL, (const char *path), (path))                                           \
	PLAIN(int, mkstemp, mkstemp, -1, -1, (char *name), (name))                                                     \
	PLAIN(int, mkstemp64, mkstemp, -1, -1, (char *name), (name))                                                   \
	PLAIN(int, pipe, pipe, -1, -1, (int ends[2]), (ends))                                                          \
	PLAIN(int, pipe2, pipe2, -1, -1, (int ends[2], int flags), (ends, flags))                                      \
	PLAIN(int, eventfd, eventfd, -1, -1, (unsigned count, int flags), (count, flags))                              \
	PLAIN(int, epoll_create, epoll_create, -1, -1, (int size), (size))                                             \
	PLAIN(int, epoll_create1, epoll_create1, -1, -1, (int flags), (flags))                                         \
	PLAIN(int, timerfd_create, timerfd_create, -1, -1, (__clockid_t clock, int flags), (clock, flags))             \
	PLAIN(int, signalfd, signalfd, fd, -1, (int fd, const sigset_t *set, int flags), (fd, set, flags))             \
	PLAIN(int, inotify_init1, inotify_init1, -1, -1, (int flags), (flags))                                         \
	PLAIN(int, memfd_create, memfd_create, -1, -1, (const char *name, unsigned flags), (name, flags))              \
	PLAIN(pid_t, fork, fork, -1, -1, (void), ())                                                                   \
	PLAIN(int, posix_spawn, posix_spawn, -1, -1, SPAWN_PARAMS(path), (pid, path, actions, attributes, argv, envp)) \
	PLAIN(int, posix_spawnp, posix_spawnp, -1, -1, SPAWN_PARAMS(file),                                             \
	      (pid, file, actions, attributes, argv, envp))                                                            \
	PLAIN(FILE *, popen, popen, -1, NULL, (const char *command, const char *mode), (command, mode))                \
	PLAIN(int, bind, bind, fd, -1, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))          \
	PLAIN(int, listen, listen, fd, -1, (int fd, int backlog), (fd, backlog))                                       \
	PLAIN(int, shutdown, shutdown, fd, -1, (int fd, int how), (fd, how))                                           \
	PLAIN(int, setsockopt, setsockopt, fd, -1, (int fd, int level, int name, const void *value, socklen_t len),    \
	      (fd, level, name, value, len))                                                                           \
	PLAIN(int, getsockname, getsockname, fd, -1,                                                                   \
	      (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len))                      \
	PLAIN(int, getpeername, getpeername, fd, -1,                                                                   \
	      (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len))                      \
	PLAIN(int, poll, poll, -1, -1, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))                          \
	PLAIN(int, select, select, -1, -1,                                                                             \
	      (int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict bad, struct timeval *restrict wait), \
	      (n, in, out, bad, wait))                                                                                 \
	PLAIN(int, epoll_wait, epoll_wait, -1, -1, (int set, struct epoll_event *events, int n, int ms),               \
	      (set, events, n, ms))

PLAIN_ONES

/* -- opening -------------------------------------------------------------------------------------------------- */

static bool fails(enum faulty call, int fd)
{
	struct fault fault;
	if (!fault_here(call, fd, &fault))
		return false;
	errno = fault.error;
	return true;
}

/* The mode is passed on as the register holds it, as libc does. */
#define MODE(last)                        \
	va_list ap;                       \
	va_start(ap, last);               \
	mode_t mode = va_arg(ap, mode_t); \
	va_end(ap)

#define OPENS(name)                                                                  \
	static int failing_##name(const char *path, int flags, ...)                  \
	{                                                                            \
		MODE(flags);                                                         \
		return fails(FAULTY_open, -1) ? -1 : beyond.name(path, flags, mode); \
	}
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                         \
	static int failing_##name(int folder, const char *path, int flags, ...)                \
	{                                                                                      \
		MODE(flags);                                                                   \
		return fails(FAULTY_openat, -1) ? -1 : beyond.name(folder, path, flags, mode); \
	}
OPENS_AT(openat)
OPENS_AT(openat64)

#define FCNTL(name)                                                                           \
	static int failing_##name(int fd, int command, ...)                                   \
	{                                                                                     \
		va_list ap;                                                                   \
		va_start(ap, command);                                                        \
		void *arg = va_arg(ap, void *);                                               \
		va_end(ap);                                                                   \
		bool makes = command == F_DUPFD || command == F_DUPFD_CLOEXEC;                \
		return makes && fails(FAULTY_fcntl, fd) ? -1 : beyond.name(fd, command, arg); \
	}
FCNTL(fcntl)
FCNTL(fcntl64)

static int failing_epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
	return op == EPOLL_CTL_ADD && fails(FAULTY_epoll_ctl, -1) ? -1 : beyond.epoll_ctl(set, op, fd, event);
}

/* -- connections ---------------------------------------------------------------------------------------------- */

/* A real refusal: connects to a port that nobody listens on. If the socket does not block, the kernel reports the
 * refusal later, by SO_ERROR, poll and epoll. Where that is impossible, as in a namespace without a loopback, the call
 * fails at once. */
static int refused(int fd, int family)
{
	enum { TCPMUX = 1 };
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(TCPMUX),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(TCPMUX),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int ret = family == AF_INET6 ? beyond.connect(fd, (struct sockaddr *)&in6, sizeof in6)
				     : beyond.connect(fd, (struct sockaddr *)&in, sizeof in);
	if (ret && errno != EINPROGRESS)
		errno = ECONNREFUSED;
	return ret;
}

static int failing_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct fault fault;
	int family = AF_INET;
	if (!fault_here(FAULTY_connect, fd, &fault))
		return beyond.connect(fd, addr, len);
	if (fault.effect == DOES_REFUSED) {
		sys_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, sizeof family);
		return refused(fd, family);
	}
	errno = fault.error;
	return -1;
}

/* Closes the accepted connection and fails. */
static int not_accepted(const struct fault *fault, int fd)
{
	if (fd < 0)
		return fd;
	sys1(SYS_close, fd);
	errno = fault->error;
	return -1;
}

#define ACCEPTS(name, params, args)                                    \
	static int failing_##name params                               \
	{                                                              \
		struct fault fault;                                    \
		if (!fault_here(FAULTY_##name, fd, &fault))            \
			return beyond.name args;                       \
		if (fault.effect == DOES_TAKEN)                        \
			return not_accepted(&fault, beyond.name args); \
		errno = fault.error;                                   \
		return -1;                                             \
	}
ACCEPTS(accept, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len), (fd, addr, len))
ACCEPTS(accept4, (int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags), (fd, addr, len, flags))

static int failing_close(int fd)
{
	struct fault fault;
	bool fails_here = fault_here(FAULTY_close, fd, &fault);
	int ret = beyond.close(fd);
	if (!fails_here || ret)
		return ret;
	errno = fault.error;
	return -1;
}

/* -- data ----------------------------------------------------------------------------------------------------- */

/* `plain`: the call only takes data from the stream or adds data to it, so it may fail in each of these ways. */
#define MOVES(name, of, plain, params, args, fewer)                              \
	static ssize_t failing_##name params                                     \
	{                                                                        \
		struct fault fault;                                              \
		if (!(plain) || !fault_here(FAULTY_##of, fd, &fault))            \
			return beyond.name args;                                 \
		if (fault.effect == DOES_LESS)                                   \
			return beyond.name fewer;                                \
		if (fault.effect == DOES_ENDS) {                                 \
			fault_end(fd);                                           \
			return 0;                                                \
		}                                                                \
		if (fault.effect == DOES_GONE)                                   \
			fault_cut(fd);                                           \
		if (fault.error == EPIPE) /* from the kernel, with its signal */ \
			return beyond.name args;                                 \
		errno = fault.error;                                             \
		return -1;                                                       \
	}

enum { ODD = MSG_PEEK | MSG_WAITALL | MSG_OOB | MSG_ERRQUEUE };
#define ONE(n) (n ? 1 : 0)
#define HALF(n) (n - n / 2)
#define NAME struct sockaddr *restrict addr, socklen_t *restrict len

MOVES(read, read, true, (int fd, void *p, size_t n), (fd, p, n), (fd, p, ONE(n)))
MOVES(__read_chk, read, true, (int fd, void *p, size_t n, size_t room), (fd, p, n, room), (fd, p, ONE(n), room))
MOVES(readv, readv, true, (int fd, const struct iovec *v, int n), (fd, v, n), (fd, v, n))
MOVES(recv, recv, !(flags & ODD), (int fd, void *p, size_t n, int flags), (fd, p, n, flags), (fd, p, ONE(n), flags))
MOVES(__recv_chk, recv, !(flags & ODD), (int fd, void *p, size_t n, size_t room, int flags), (fd, p, n, room, flags),
      (fd, p, ONE(n), room, flags))
MOVES(recvfrom, recvfrom, !(flags & ODD), (int fd, void *restrict p, size_t n, int flags, NAME),
      (fd, p, n, flags, addr, len), (fd, p, ONE(n), flags, addr, len))
MOVES(__recvfrom_chk, recvfrom, !(flags & ODD), (int fd, void *restrict p, size_t n, size_t room, int flags, NAME),
      (fd, p, n, room, flags, addr, len), (fd, p, ONE(n), room, flags, addr, len))
MOVES(recvmsg, recvmsg, !(flags & ODD), (int fd, struct msghdr *m, int flags), (fd, m, flags), (fd, m, flags))
MOVES(write, write, true, (int fd, const void *p, size_t n), (fd, p, n), (fd, p, HALF(n)))
MOVES(writev, writev, true, (int fd, const struct iovec *v, int n), (fd, v, n), (fd, v, n))
MOVES(send, send, !(flags & ODD), (int fd, const void *p, size_t n, int flags), (fd, p, n, flags),
      (fd, p, HALF(n), flags))
MOVES(sendto, sendto, !(flags & ODD),
      (int fd, const void *p, size_t n, int flags, const struct sockaddr *addr, socklen_t len),
      (fd, p, n, flags, addr, len), (fd, p, HALF(n), flags, addr, len))
MOVES(sendmsg, sendmsg, !(flags & ODD), (int fd, const struct msghdr *m, int flags), (fd, m, flags), (fd, m, flags))

/* -- all of them ---------------------------------------------------------------------------------------------- */

/* For libsocksan-inject.so, whose functions are not hooked. Returns the error that the call is to give, or 0. Keeps
 * errno. */
int socksan_fault(int call)
{
	struct fault fault;
	int saved = errno;
	bool is = fault_here((enum faulty)call, -1, &fault);
	errno = saved;
	return is ? fault.error : 0;
}

void real_inject(void)
{
	beyond = real;
#define PUT(name) real.name = failing_##name
#undef PLAIN
#define PLAIN(type, name, ...) PUT(name);
	PLAIN_ONES
	PUT(open);
	PUT(open64);
	PUT(openat);
	PUT(openat64);
	PUT(fcntl);
	PUT(fcntl64);
	PUT(epoll_ctl);
	PUT(connect);
	PUT(accept);
	PUT(accept4);
	PUT(close);
	PUT(read);
	PUT(__read_chk);
	PUT(readv);
	PUT(recv);
	PUT(__recv_chk);
	PUT(recvfrom);
	PUT(__recvfrom_chk);
	PUT(recvmsg);
	PUT(write);
	PUT(writev);
	PUT(send);
	PUT(sendto);
	PUT(sendmsg);
}

/* dup(2) and the like, fcntl(2), ioctl(2): more descriptors for one socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY dup
#include "shim/hooks/hook.h"
#include "shim/track/registrations.h"

#include <stdarg.h>
#include <sys/ioctl.h>

TWINS(int, dup, (int fd), (fd), (a[0]))
{
	if (is_own(fd))
		return -1;
	struct call c = call_begin(fd);
	int ret = (int)MAKES(-1, CALL(dup, fd));
	duplicated(&c, "dup", ret, false, false, ret);
	return ret;
}

/* The host is about to put fd over the shim's own descriptor, unless fd is not open. */
static void make_way(int fd, int newfd)
{
	if (newfd >= 0 && newfd == trace_fd() && !self_untold() && sys2(SYS_fcntl, fd, F_GETFD) >= 0)
		trace_move(newfd);
}

TWINS(int, dup2, (int fd, int newfd), (fd, newfd), (a[0], a[1]))
{
	if (is_own(fd))
		return -1;
	make_way(fd, newfd);
	registrations_replacing(newfd);
	struct call c = call_begin(fd);
	long ret = CALL(dup2, fd, newfd);
	duplicated(&c, "dup2", newfd, true, false, ret);
	return ret;
}

TWINS(int, dup3, (int fd, int newfd, int flags), (fd, newfd, flags), (a[0], a[1], a[2]))
{
	if (is_own(fd))
		return -1;
	make_way(fd, newfd);
	registrations_replacing(newfd);
	struct call c = call_begin(fd);
	long ret = CALL(dup3, fd, newfd, flags);
	duplicated(&c, "dup3", newfd, true, flags & O_CLOEXEC, ret);
	return ret;
}

/* The argument is passed on as the register holds it, like libc does: only the command says whether it is an int or a pointer. */
#define ARGUMENT(arg, last)             \
	va_list ap;                     \
	va_start(ap, last);             \
	void *arg = va_arg(ap, void *); \
	va_end(ap)

#define FCNTL(name, real_call)                                                                            \
	if (is_own(fd))                                                                                   \
		return -1;                                                                                \
	struct call c = call_begin(fd);                                                                   \
	long ret = MAKES(-1, real_call);                                                                  \
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)                                                     \
		duplicated(&c, #name, (int)ret, false, cmd == F_DUPFD_CLOEXEC, ret);                      \
	else if (cmd != F_GETFD) /* a common way to test whether a descriptor is open: not a use of it */ \
		call_check(&c, #name, ret, 0);                                                            \
	if (cmd == F_SETFD && !ret && !((intptr_t)arg & FD_CLOEXEC))                                      \
		inheritable(&c, #name);                                                                   \
	return ret

BODY(fcntl, (int fd, int cmd, void *arg)) { FCNTL(fcntl, CALL(fcntl, fd, cmd, arg)); }

RAW(fcntl, (a[0], a[1], PTR(2)))

HOOK_BODY(int, fcntl, (int fd, int cmd, ...))
{
	ARGUMENT(arg, cmd);
	return (int)body_fcntl(NULL, fd, cmd, arg);
}

HOOK_BODY(int, fcntl64, (int fd, int cmd, ...))
{
	ARGUMENT(arg, cmd);
	FCNTL(fcntl64, (long)REAL(fcntl64)(fd, cmd, arg));
}
#undef FCNTL

BODY(ioctl, (int fd, unsigned long request, void *arg))
{
	if (is_own(fd))
		return -1;
	struct call c = call_begin(fd);
	long ret = CALL(ioctl, fd, request, arg);
	call_check(&c, "ioctl", ret, 0);
	if (request == FIONCLEX && !ret)
		inheritable(&c, "ioctl");
	return ret;
}

RAW(ioctl, (a[0], (unsigned)a[1], PTR(2)))

HOOK_BODY(int, ioctl, (int fd, unsigned long request, ...))
{
	ARGUMENT(arg, request);
	return (int)body_ioctl(NULL, fd, request, arg);
}

ALSO(__dup2, dup2);
ALSO(__fcntl, fcntl);

/* dup(2) and its kin, fcntl(2), ioctl(2): more numbers for one socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hook.h"

#include <stdarg.h>
#include <sys/ioctl.h>

EXPORT int dup(int fd)
{
	if (is_own(fd))
		return -1;
	struct call c = call_begin(fd);
	int ret = REAL(dup)(fd);
	duplicated(&c, "dup", ret, false, false, ret);
	return ret;
}

EXPORT int dup2(int fd, int newfd)
{
	if (is_own(fd))
		return -1;
	if (newfd >= 0 && newfd == trace_fd() && !thread.vforked)
		trace_move(newfd);
	struct call c = call_begin(fd);
	int ret = REAL(dup2)(fd, newfd);
	duplicated(&c, "dup2", newfd, true, false, ret);
	return ret;
}

EXPORT int dup3(int fd, int newfd, int flags)
{
	if (is_own(fd))
		return -1;
	if (newfd >= 0 && newfd == trace_fd() && !thread.vforked)
		trace_move(newfd);
	struct call c = call_begin(fd);
	int ret = REAL(dup3)(fd, newfd, flags);
	duplicated(&c, "dup3", newfd, true, flags & O_CLOEXEC, ret);
	return ret;
}

/* An argument is passed on as the register holds it, as libc itself does: whether it is an int or a pointer only the command knows. */
#define FCNTL(name)                                                                              \
	if (is_own(fd))                                                                          \
		return -1;                                                                       \
	va_list ap;                                                                              \
	va_start(ap, cmd);                                                                       \
	void *arg = va_arg(ap, void *);                                                          \
	va_end(ap);                                                                              \
	struct call c = call_begin(fd);                                                          \
	int ret = REAL(name)(fd, cmd, arg);                                                      \
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)                                            \
		duplicated(&c, #name, ret, false, cmd == F_DUPFD_CLOEXEC, ret);                  \
	else if (cmd != F_GETFD) /* how a program asks whether a number is open: no use of it */ \
		call_check(&c, #name, ret, 0);                                                   \
	if (cmd == F_SETFD && !ret && !((intptr_t)arg & FD_CLOEXEC))                             \
		inheritable(&c, #name);                                                          \
	return ret

EXPORT int fcntl(int fd, int cmd, ...) { FCNTL(fcntl); }

EXPORT int fcntl64(int fd, int cmd, ...) { FCNTL(fcntl64); }
#undef FCNTL

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	if (is_own(fd))
		return -1;
	va_list ap;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	struct call c = call_begin(fd);
	int ret = REAL(ioctl)(fd, request, arg);
	call_check(&c, "ioctl", ret, 0);
	if (request == FIONCLEX && !ret)
		inheritable(&c, "ioctl");
	return ret;
}

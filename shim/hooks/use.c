/* pread(2), lseek(2), fsync(2) and others that change nothing in the table. They are hooked to catch uses of a closed descriptor; unless
 * the call fails with EBADF, nothing is looked up.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY use
#include "shim/hooks/hook.h"

#define USE(name, real_call)                                  \
	__auto_type ret = (real_call);                        \
	if (__builtin_expect(ret == -1, 0) && errno == EBADF) \
		call_refused(#name, fd, TELL);                \
	return ret

/* By name and by number; and by name only. */
#define USED(type, name, params, args, words) \
	TWINS(type, name, params, args, words) { USE(name, CALL(name, UNPACK_ args)); }
#define USED_NAME(type, name, params, args) \
	HOOK_BODY(type, name, params) { USE(name, REAL(name) args); }
#define UNPACK_(...) __VA_ARGS__

USED_NAME(ssize_t, pread, (int fd, void *buf, size_t n, off_t at), (fd, buf, n, at))
USED(ssize_t, pread64, (int fd, void *buf, size_t n, off64_t at), (fd, buf, n, at), (a[0], PTR(1), (size_t)a[2], a[3]))
USED_NAME(ssize_t, pwrite, (int fd, const void *buf, size_t n, off_t at), (fd, buf, n, at))
USED(ssize_t, pwrite64, (int fd, const void *buf, size_t n, off64_t at), (fd, buf, n, at),
     (a[0], PTR(1), (size_t)a[2], a[3]))
USED(ssize_t, preadv, (int fd, const struct iovec *iov, int n, off_t at), (fd, iov, n, at), (a[0], PTR(1), a[2], a[3]))
USED_NAME(ssize_t, preadv64, (int fd, const struct iovec *iov, int n, off64_t at), (fd, iov, n, at))
USED(ssize_t, pwritev, (int fd, const struct iovec *iov, int n, off_t at), (fd, iov, n, at), (a[0], PTR(1), a[2], a[3]))
USED_NAME(ssize_t, pwritev64, (int fd, const struct iovec *iov, int n, off64_t at), (fd, iov, n, at))
USED(off_t, lseek, (int fd, off_t at, int from), (fd, at, from), (a[0], a[1], a[2]))
USED_NAME(off64_t, lseek64, (int fd, off64_t at, int from), (fd, at, from))
USED(int, fsync, (int fd), (fd), (a[0]))
USED(int, fdatasync, (int fd), (fd), (a[0]))
USED(int, ftruncate, (int fd, off_t size), (fd, size), (a[0], a[1]))
USED_NAME(int, ftruncate64, (int fd, off64_t size), (fd, size))
USED(int, fchmod, (int fd, mode_t mode), (fd, mode), (a[0], (mode_t)a[1]))
USED(int, fchdir, (int fd), (fd), (a[0]))
USED(int, timerfd_settime, (int fd, int flags, const struct itimerspec *value, struct itimerspec *old),
     (fd, flags, value, old), (a[0], a[1], PTR(2), PTR(3)))

ALSO(__pread64, pread64);
ALSO(__pwrite64, pwrite64);
ALSO(__lseek, lseek);

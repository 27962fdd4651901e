/* The descriptor that is kept of a trace's file: see descriptor.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/descriptor.h"

#include "shim/state/self.h"
#include "shim/trace/sink.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>

/* At REACH or above a number would widen the kernel's table of descriptors past an fd_set, and select(2) with a large n would read and
 * write past the host's sets; below FEWEST the host needs all there are. */
enum { REACH = FD_SETSIZE, FEWEST = 16 };

/* So many numbers below the limit are tried. */
static rlim_t span(rlim_t limit) { return limit / 2 < 64 ? limit / 2 : 64; }

/* A copy of fd where the host hardly comes: the highest number below its limit and REACH that is free. The limit is the host's, and so
 * are all numbers below it: it gets this one back when it has no other (trace_yield). -1: there is no such place. */
static int place(int fd)
{
	struct rlimit limit;
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) || limit.rlim_cur < FEWEST)
		return -1;
	long copy = -1;
	rlim_t end = limit.rlim_cur < REACH ? limit.rlim_cur : REACH;
	for (rlim_t below = 1; copy < 0 && below <= span(end); below++)
		copy = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, end - below);
	return (int)copy;
}

int trace_fd(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return s ? __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) : NOT_KEPT;
}

bool trace_path(char *path, size_t size)
{
	const struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	struct stat st;
	size_t len = s ? strlen(s->path) + 1 : size + 1;
	if (len > size || sys4(SYS_newfstatat, AT_FDCWD, s->path, &st, AT_SYMLINK_NOFOLLOW) || st.st_dev != s->dev ||
	    st.st_ino != s->ino)
		return false;
	memcpy(path, s->path, len);
	return true;
}

/* Instead of `former`, unless another thread was first. */
static void keep(struct sink *s, int former, int copy)
{
	if (!__atomic_compare_exchange_n(&s->fd, &former, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) && copy >= 0)
		sys1(SYS_close, copy);
}

/* The number that the name is opened by is the lowest one for an instant: once per process that goes where the name does not lead. */
static void keep_by_name(struct sink *s, int former)
{
	uint64_t size;
	long fd = sys_open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0)
		return;
	int copy = place((int)fd);
	if (file_is(s, (int)fd, &size))
		sys1(SYS_close, fd);
	if (copy >= 0 && !file_is(s, copy, &size)) { /* of what another thread has put in its place */
		sys1(SYS_close, copy);
		copy = NOT_KEPT;
	}
	keep(s, former, copy);
}

void trace_keep_again(struct sink *s)
{
	uint64_t size;
	int fd = __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE);
	if (fd >= 0 && !file_is(s, fd, &size))
		keep_by_name(s, fd);
}

void trace_keep(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s)
		return;
	__atomic_store_n(&s->secluded, true, __ATOMIC_RELAXED);
	if (__atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) == NOT_KEPT)
		keep_by_name(s, NOT_KEPT);
}

/* To another place, or to none; whoever uses it meanwhile has a copy. True: `fd` is to be closed, or taken over. */
static bool move(struct sink *s, int fd)
{
	int copy = place(fd), former = fd;
	if (__atomic_compare_exchange_n(&s->fd, &former, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return true;
	if (copy >= 0)
		sys1(SYS_close, copy);
	return false;
}

void trace_hide(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd();
	struct rlimit limit;
	uint64_t size;
	if (fd < 0 || self_untold() || sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit))
		return;
	rlim_t end = limit.rlim_cur < REACH ? limit.rlim_cur : REACH;
	if ((rlim_t)fd + span(end) < end && file_is(s, fd, &size) && move(s, fd))
		sys1(SYS_close, fd);
}

void trace_move(int number)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	uint64_t size;
	if (trace_fd() == number && file_is(s, number, &size))
		move(s, number);
}

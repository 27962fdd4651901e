/* close(2) and everything else that closes a descriptor. The table forgets it before the call: once the kernel has closed it, another
 * thread may own the number.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FAMILY close
#include "shim/hooks/hook.h"

#include <limits.h>
#include <linux/close_range.h>

/* Most closes are quick; the others are here, out of the way. */
static __attribute__((noinline)) int full_close(const long *raw, int fd)
{
	if (is_own(fd))
		return -1;
	return CLOSES("close", fd, (int)CALL(close, fd));
}

TWINS(int, close, (int fd), (fd), (a[0]))
{
	struct closing_quick q;
	if (!closing_quick(&q, "close", fd))
		return full_close(raw, fd);
	q.ret = raw ? by_number(NUMBER_close, raw) : real.close((int)q.fd);
	return closing_quick_end(&q, "close", sizeof "close" - 1);
}

/* EOF reports a failed flush, but the descriptor is closed anyway: only EBADF says that it was not open. */
HOOK_BODY(int, fclose, (FILE * f)) { return CLOSES("fclose", number_of(f), REAL(fclose)(f)); }

/* The result is the child's status and says nothing about the descriptor. */
HOOK_BODY(int, pclose, (FILE * f))
{
	int fd = number_of(f);
	struct closing c = closing_begin("pclose", fd, true);
	bool gone = fd_kind(c.call.word) == FD_CLOSED && sys2(SYS_fcntl, fd, F_GETFD) == -EBADF;
	int ret = REAL(pclose)(f), saved = errno;
	errno = gone ? EBADF : 0;
	closing_end(&c, gone ? -1 : 0);
	errno = saved;
	return ret;
}

HOOK_BODY(int, closedir, (DIR * d)) { return CLOSES("closedir", folder_of(d), REAL(closedir)(d)); }

HOOK_BODY(int, mq_close, (mqd_t fd))
{
	if (is_own(fd))
		return -1;
	return CLOSES("mq_close", fd, REAL(mq_close)(fd));
}

HOOK_BODY(FILE *, fdopen, (int fd, const char *mode))
{
	if (is_own(fd))
		return NULL;
	struct call c = call_begin(fd);
	FILE *f = REAL(fdopen)(fd, mode);
	call_check(&c, "fdopen", f ? fd : -1, 0);
	if (f && c.socket)
		__atomic_fetch_or(&c.socket->told, TOLD_STREAM, __ATOMIC_RELAXED);
	return f;
}

HOOK_BODY(DIR *, fdopendir, (int fd))
{
	if (is_own(fd))
		return NULL;
	struct call c = call_begin(fd);
	DIR *d = REAL(fdopendir)(fd);
	call_check(&c, "fdopendir", d ? fd : -1, 0);
	return d;
}

static FILE *reopened(const struct closing *c, const char *op, FILE *f, const char *mode)
{
	closing_end(c, 0);
	if (f)
		made_path(op, number_of(f), cloexec_of(mode));
	return f;
}

HOOK_BODY(FILE *, freopen, (const char *restrict path, const char *restrict mode, FILE *restrict f))
{
	struct closing c = closing_begin("freopen", number_of(f), false);
	return reopened(&c, "freopen", REAL(freopen)(path, mode, f), mode);
}

HOOK_BODY(FILE *, freopen64, (const char *restrict path, const char *restrict mode, FILE *restrict f))
{
	struct closing c = closing_begin("freopen64", number_of(f), false);
	return reopened(&c, "freopen64", REAL(freopen64)(path, mode, f), mode);
}

/* Whether the kernel has close_range(2) and no sandbox denies it. Asked with an empty range, right before the host makes the call itself,
 * so a filter that kills for it would kill the host anyway. */
static bool has_close_range(void)
{
	static int known;
	if (!known || sys_off())
		known = sys_raw(SYS_close_range, UINT_MAX, UINT_MAX, 0, 0, 0, 0) ? -1 : 1;
	return known > 0;
}

/* Removes all descriptors in the range from the table. The lines are written before the call, which cannot fail then. `op` is a literal
 * here as well. */
static inline __attribute__((always_inline)) void range_closes(unsigned first, unsigned last, const char *op)
{
	int end = fd_end();
	for (int fd = first < INT_MAX ? (int)first : INT_MAX; fd < end && (unsigned)fd <= last; fd++) {
		fd_word w = fd_load(fd);
		if (fd_kind(w) != FD_SOCKET && w != FD_OTHER)
			continue;
		struct closing c = closing_begin(op, fd, false);
		if (c.armed)
			closing_end(&c, 0);
	}
}

/* The range without the shim's own descriptor. */
BODY(around_own, (unsigned first, unsigned last, int flags))
{
	int own = trace_fd();
	if (own < 0 || self_untold() || (unsigned)own < first || (unsigned)own > last)
		return CALL(close_range, first, last, flags);
	long ret = 0;
	if ((unsigned)own > first)
		ret = CALL_WITH(close_range, first, (unsigned)own - 1, flags);
	if (!ret && (unsigned)own < last)
		ret = CALL_WITH(close_range, (unsigned)own + 1, last, flags);
	return ret;
}

TWINS(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags),
      ((unsigned)a[0], (unsigned)a[1], a[2]))
{
	bool closes = process_active() && first <= last && !(flags & ~CLOSE_RANGE_UNSHARE) && has_close_range();
	bool parts = flags & CLOSE_RANGE_UNSHARE && process_active() &&
		     process_shares(); /* other threads keep what it closes */
	if (closes && !parts)
		range_closes(first, last, "close_range");
	long ret = first <= last ? body_around_own(raw, first, last, flags) : CALL(close_range, first, last, flags);
	if (!ret && parts && !process_unshared() && closes) /* the other threads ended meanwhile */
		range_closes(first, last, "close_range");
	return ret;
}

HOOK_BODY(void, closefrom, (int low))
{
	unsigned first = low > 0 ? (unsigned)low : 0;
	int saved = errno;
	if (process_active())
		range_closes(first, UINT_MAX, "closefrom");
	if (!has_close_range() || body_around_own(NULL, first, UINT_MAX, 0))
		REAL(closefrom)(low); /* the trace is reopened by its name */
	else
		errno = saved;
}

ALSO(__close, close);
ALSO(_IO_fclose, fclose);
ALSO(_IO_fdopen, fdopen);

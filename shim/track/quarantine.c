/* Numbers kept out of use: see quarantine.h; fcntl(2), fcntl_locking(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/quarantine.h"

#include "shim/kernel/sys.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/track/fdtable.h"

#include <sys/resource.h>
#include <sys/select.h>

/* 0, 1 and 2 are assigned by closing and opening them in order. Numbers from END on are never kept. */
enum { FIRST = 3, END = 1 << 16 };

/* When a number was closed, in turns: it is kept until options.quarantine more closes. 0: it is not kept. CLOSING: the real close is in
 * progress, and the number must not be used again before the turn is stored. */
#define CLOSING (1u << 31)
static uint32_t closed_at[END];
static uint32_t turns;
static int seen; /* the largest number seen here */

static uint32_t moving, moves; /* in progress, and done so far */

#define GET(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

static uint32_t age(uint32_t at, uint32_t now) { return (now - at) & ~CLOSING; }

/* Whether it is kept in turn `now`. A search calls that once, so it may take a number that is closed meanwhile as free. */
static bool keeps(uint32_t at, uint32_t now, uint64_t size) { return at && (at & CLOSING || age(at, now) < size); }

static bool is_kept(int fd)
{
	if (fd < FIRST || fd >= END)
		return false;
	uint32_t at = GET(closed_at[fd]); /* before reading the turn: it could be of a later one otherwise */
	return keeps(at, GET(turns), (uint64_t)options.quarantine);
}

static bool applies(int fd) { return fd >= FIRST && fd < END && process_active(); }

static void see(int fd)
{
	int was = GET(seen);
	while (was < fd && !__atomic_compare_exchange_n(&seen, &was, fd, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static uint32_t next_turn(void)
{
	uint32_t turn;
	do
		turn = __atomic_add_fetch(&turns, 1, __ATOMIC_ACQ_REL) & ~CLOSING;
	while (!turn);
	return turn;
}

/* -- closing -------------------------------------------------------------------------------------------------- */

struct quarantining quarantine_begin(int fd)
{
	if (!applies(fd))
		return (struct quarantining){.fd = -1};
	see(fd);
	return (struct quarantining){fd, __atomic_exchange_n(&closed_at[fd], CLOSING, __ATOMIC_ACQ_REL)};
}

/* A close that failed does not count: what was kept stays kept as long as before. */
void quarantine_end(const struct quarantining *q, bool closed)
{
	uint32_t closing = CLOSING;
	if (q->fd < 0)
		return;
	if (closed)
		__atomic_store_n(&closed_at[q->fd], next_turn(), __ATOMIC_RELEASE);
	else
		__atomic_compare_exchange_n(&closed_at[q->fd], &closing, q->was, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED);
}

void quarantine_lift(int fd)
{
	if (!applies(fd))
		return;
	see(fd);
	__atomic_store_n(&closed_at[fd], 0, __ATOMIC_RELEASE);
}

static bool is_open(int fd)
{
	fd_word w = fd_load(fd);
	return fd_kind(w) == FD_SOCKET || w == FD_OTHER || sys2(SYS_fcntl, fd, F_GETFD) != -EBADF;
}

static int range_end(unsigned last)
{
	int end = GET(seen);
	return end < END && last >= (unsigned)end ? end + 1 : last < END ? (int)last + 1 : END;
}

void quarantine_begin_range(unsigned first, unsigned last)
{
	for (int fd = first > FIRST ? first < END ? (int)first : END : FIRST; fd < range_end(last); fd++)
		if (applies(fd) && is_open(fd))
			__atomic_store_n(&closed_at[fd], CLOSING, __ATOMIC_RELEASE);
}

void quarantine_end_range(unsigned first, unsigned last, bool closed)
{
	for (int fd = first > FIRST ? first < END ? (int)first : END : FIRST; fd < range_end(last); fd++) {
		uint32_t closing = CLOSING;
		if (applies(fd) && GET(closed_at[fd]) == CLOSING)
			__atomic_compare_exchange_n(&closed_at[fd], &closing, closed ? next_turn() : 0, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
}

/* -- making --------------------------------------------------------------------------------------------------- */

/* Numbers from min up to here may be chosen: those within the limit, and below FD_SETSIZE if min is. */
static int end_of(int min)
{
	struct rlimit limit;
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit))
		return 0;
	rlim_t end = min < FD_SETSIZE ? FD_SETSIZE : END;
	return (int)(limit.rlim_cur < end ? limit.rlim_cur : end);
}

/* The number that was closed the longest ago, which is released. A number may be open and still kept, as not every way to make one is seen.
 * `made` counts as free. */
static int release(int min, int end, int made)
{
	for (;;) {
		int best = -1;
		uint32_t most = 0, now = GET(turns);
		uint64_t size = (uint64_t)options.quarantine;
		for (int fd = min; fd < end; fd++) {
			uint32_t at = GET(closed_at[fd]);
			if (!keeps(at, now, size) || at & CLOSING || (best >= 0 && age(at, now) <= most))
				continue;
			best = fd;
			most = age(at, now);
		}
		quarantine_lift(best);
		if (best < 0 || best == made || !is_open(best))
			return best;
	}
}

/* In [min, end). If nothing else is left, the oldest is released. */
static int choose(int min, int end, int made)
{
	uint32_t now = GET(turns);
	uint64_t size = (uint64_t)options.quarantine;
	for (int fd = min; fd < end; fd++)
		if (!keeps(GET(closed_at[fd]), now, size) && !is_open(fd))
			return fd;
	return release(min, end, made);
}

int quarantine_copy(int fd, int min, int command)
{
	if (min < 0 || min >= END || !process_active() || sys_off())
		return -1;
	int to = choose(min, end_of(min), -1);
	if (to < 0 && min < FD_SETSIZE)
		to = choose(FD_SETSIZE, end_of(FD_SETSIZE), -1);
	if (to < 0)
		return -1;
	int copy = (int)sys3(SYS_fcntl, fd, command, to);
	if (copy < 0)
		return -1;
	quarantine_lift(copy);
	return copy;
}

/* Whether closing one of its numbers would release a lock of the process: fcntl locks go with any descriptor of the file. Asked as an open
 * file description, which owns none of the process's locks and so conflicts with them too. */
static bool is_locked(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	long error = sys3(SYS_fcntl, fd, F_OFD_GETLK, &lock);
	return error ? error != -EBADF : lock.l_type != F_UNLCK; /* EBADF: opened with O_PATH, which has no locks */
}

static int try_double(int fd)
{
	enum { TRIES = 8 };
	long flags = sys2(SYS_fcntl, fd, F_GETFD);
	int end = end_of(fd);
	if (flags & ~FD_CLOEXEC)
		return -1;
	for (int tries = 0, to = fd - 1; tries < TRIES; tries++) {
		to = choose(to + 1, end, fd);
		if (to < 0 || to == fd || is_locked(fd))
			return -1;
		int copy = (int)sys3(SYS_fcntl, fd, flags ? F_DUPFD_CLOEXEC : F_DUPFD, to);
		if (copy < 0 || (copy < end && !is_kept(copy)))
			return copy;
		sys1(SYS_close, copy); /* another thread was faster */
	}
	return -1;
}

int quarantine_double(int fd)
{
	if (!applies(fd) || sys_off())
		return -1;
	see(fd);
	if (!is_kept(fd))
		return -1;
	__atomic_add_fetch(&moving, 1, __ATOMIC_ACQ_REL);
	int copy = try_double(fd);
	quarantine_lift(copy < 0 ? fd : copy);
	if (copy < 0)
		quarantine_undouble(-1);
	return copy;
}

void quarantine_undouble(int fd)
{
	if (fd >= 0)
		sys1(SYS_close, fd);
	__atomic_add_fetch(&moves, 1, __ATOMIC_ACQ_REL);
	__atomic_sub_fetch(&moving, 1, __ATOMIC_ACQ_REL);
}

int quarantine_move(int fd)
{
	int copy = quarantine_double(fd);
	if (copy < 0)
		return fd;
	quarantine_undouble(fd);
	return copy;
}

/* The thread that moves a descriptor may be this one, interrupted by a signal, or in the parent of a fork: so every wait for it is bounded. */
struct crowd quarantine_crowd(void) { return (struct crowd){GET(moves), 0}; }

bool quarantine_crowded(struct crowd *c)
{
	enum { YIELDS = 20, TRIES = 120 };
	static const struct timespec pause = {.tv_nsec = 50000};
	uint32_t now = GET(moves);
	if (errno != EMFILE || !process_active() || (!GET(moving) && now == c->moves) || c->tries++ == TRIES)
		return false;
	c->moves = now;
	if (c->tries <= YIELDS)
		sys0(SYS_sched_yield);
	else
		sys2(SYS_nanosleep, &pause, NULL);
	return true;
}

/* The file behind a trace: see file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/file.h"

#include "shim/state/thread.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/jsonl.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>

struct sink *trace_sink;
bool (*trace_owns)(const char *first_line);

bool file_is(const struct sink *s, int fd, uint64_t *size)
{
	struct stat st;
	if (fd < 0 || sys2(SYS_fstat, fd, &st) || st.st_dev != s->dev || st.st_ino != s->ino)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

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

int trace_edge = INT_MAX;

/* Where numbers are about to run out, and opening the file with them. */
void file_find_edge(void)
{
	struct rlimit limit;
	bool known = !sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) && limit.rlim_cur < INT_MAX;
	__atomic_store_n(&trace_edge, known ? (int)(limit.rlim_cur - span(limit.rlim_cur)) : INT_MAX, __ATOMIC_RELAXED);
}

unsigned trace_borrows;

void file_release(struct sink *s, struct use *u)
{
	if (u->fd >= 0 && !u->kept) {
		__atomic_store_n(&s->borrowed, NOT_KEPT, __ATOMIC_RELAXED);
		sys1(SYS_close, u->fd);
		__atomic_fetch_add(&trace_borrows, 1, __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_sub(&s->users, 1, __ATOMIC_RELEASE);
	unmask_signals(u->masked, &u->mask);
}

bool file_acquire(struct sink *s, struct use *u)
{
	u->masked = mask_signals(&u->mask);
	__atomic_fetch_add(&s->users, 1, __ATOMIC_SEQ_CST);
	int fd = u->fd = __atomic_load_n(&s->fd, __ATOMIC_SEQ_CST);
	u->kept = true;
	if (file_is(s, fd, &u->size))
		return true;
	u->kept = false;
	__atomic_fetch_add(&trace_borrows, 1, __ATOMIC_SEQ_CST);
	u->fd = (int)sys_open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	__atomic_store_n(&s->borrowed, u->fd, __ATOMIC_RELAXED);
	if (!file_is(s, u->fd, &u->size)) {
		file_release(s, u);
		return false;
	}
	int copy = __atomic_load_n(&s->keeps, __ATOMIC_RELAXED) && fd != TAKEN ? place(u->fd) : -1;
	if (copy >= 0 && !__atomic_compare_exchange_n(&s->fd, &fd, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		sys1(SYS_close, copy); /* another thread was first */
	return true;
}

int file_take(struct sink *s, bool wait)
{
	uint64_t size;
	int fd = s ? __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) : NOT_KEPT;
	if (fd < 0 || !file_is(s, fd, &size))
		return NOT_KEPT;
	if (!__atomic_compare_exchange_n(&s->fd, &fd, TAKEN, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return NOT_KEPT;
	for (int turn = 0; wait && turn < PAUSES && __atomic_load_n(&s->users, __ATOMIC_SEQ_CST); turn++)
		pause_briefly();
	if (!wait && __atomic_load_n(&s->users, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&s->fd, fd, __ATOMIC_RELEASE);
		return TAKEN;
	}
	return fd;
}

/* Writes `len` newlines at the file's end. A file-size limit is asked first: past it the kernel would send SIGXFSZ. */
static bool append(int fd, uint64_t size, size_t len)
{
	static const char newlines[GROWN / 16] = {[0 ... GROWN / 16 - 1] = '\n'};
	struct rlimit limit;
	if (sys4(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) ||
	    (limit.rlim_cur != RLIM_INFINITY && size + len > limit.rlim_cur))
		return false;
	struct {
		const char *p;
		size_t n;
	} iov[GROWN / sizeof newlines];
	size_t n = 0;
	for (size_t left = len; left; n++) {
		size_t part = left < sizeof newlines ? left : sizeof newlines;
		iov[n].p = newlines;
		iov[n].n = part;
		left -= part;
	}
	return sys3(SYS_writev, fd, iov, n) == (long)len;
}

static bool gives_up(struct sink *s)
{
	enum { TRIES_AGAIN = 20000000 }; /* ns */
	__atomic_store_n(&s->grows_at, watch_clock() + TRIES_AGAIN, __ATOMIC_RELAXED);
	return false;
}

char *file_map_window(struct sink *s, uint64_t n)
{
	char *w = NULL;
	struct use u;
	if (file_stuck(s) || !file_acquire(s, &u))
		return NULL;
	char *mine = sys_mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, u.fd, (long)(s->base + n * WINDOW));
	file_release(s, &u);
	if (!mine) {
		gives_up(s);
		return NULL;
	}
	if (__atomic_compare_exchange_n(&s->window[n], &w, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		/* What lies two windows back is written no more, or hardly: it need not stay in the host's resident memory. Once per
		 * window, since shrinking a mapping costs more than all else here. */
		char *old = n >= 2 ? __atomic_load_n(&s->window[n - 2], __ATOMIC_ACQUIRE) : NULL;
		if (old)
			sys3(SYS_madvise, old, WINDOW, MADV_DONTNEED);
		return mine;
	}
	sys2(SYS_munmap, mine, WINDOW);
	return w;
}

bool file_extend(struct sink *s, uint64_t end)
{
	if (file_stuck(s))
		return __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE) >= end;
	for (uint64_t appended; (appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE)) < end;) {
		uint64_t step = appended < FEW ? GROW : GROWN, rest = end - appended;
		if (step < rest) /* at once, since each time takes a number for an instant */
			step = rest < GROWN ? (rest + GROW - 1) & ~(GROW - 1) : GROWN;
		struct use u;
		if (!file_acquire(s, &u))
			return gives_up(s);
		bool done = append(u.fd, u.size, step) || (step > GROW && append(u.fd, u.size, step = GROW));
		file_release(s, &u);
		if (!done)
			return gives_up(s);
		uint64_t at = __atomic_fetch_add(&s->appended, step, __ATOMIC_ACQ_REL);
		char *w = file_window(s, at >> WINDOW_BITS);
		if (w &&
		    (at & (WINDOW - 1)) + step <= WINDOW) /* many page faults in one call, a tenth of their price */
			sys3(SYS_madvise, w + (at & (WINDOW - 1)), step, MADV_POPULATE_WRITE);
	}
	return true;
}

/* The file's name, or the n-th where that is another process's. */
static void make_path(char *at, unsigned n)
{
	at = stpcpy(at, options.log_path);
	*at++ = '.';
	at = jsonl_decimal(at, (uint64_t)sys0(SYS_getpid));
	if (n > 1) {
		*at++ = '-';
		at = jsonl_decimal(at, n);
	}
	strcpy(at, ".jsonl");
}

static bool is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == (uid_t)sys0(SYS_geteuid) && st->st_nlink == 1;
}

/* Opens the file at s->path to append to it, if this process has written it: before an exec. What is another's, of a process that had the
 * same pid elsewhere or before, is read at most. */
static long open_own(const struct sink *s)
{
	char line[1024];
	struct stat before, now;
	long fd, n = 0, flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	if (!trace_owns || sys4(SYS_newfstatat, AT_FDCWD, s->path, &before, AT_SYMLINK_NOFOLLOW) ||
	    !is_plain(&before) || (fd = sys_open(s->path, O_RDONLY | flags, 0)) < 0)
		return -1;
	if (!sys2(SYS_fstat, fd, &before) && is_plain(&before))
		n = sys3(SYS_read, fd, line, sizeof line - 1);
	sys1(SYS_close, fd);
	line[n > 0 ? n : 0] = 0;
	line[strcspn(line, "\n")] = 0;
	if (!trace_owns(line) || (fd = sys_open(s->path, O_RDWR | O_APPEND | flags, 0)) < 0)
		return -1;
	if (!sys2(SYS_fstat, fd, &now) && is_plain(&now) && now.st_dev == before.st_dev && now.st_ino == before.st_ino)
		return fd;
	sys1(SYS_close, fd);
	return -1;
}

long file_open(struct sink *s)
{
	enum { MOST = 8192 };
	struct stat st;
	long fd = -1;
	for (unsigned n = 1; fd < 0 && n <= MOST; n++) {
		make_path(s->path, n);
		fd = sys_open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
		if (fd == -EEXIST)
			fd = open_own(s);
		else if (fd < 0)
			return fd;
	}
	if (fd < 0)
		return -EEXIST;
	if (sys2(SYS_fstat, fd, &st)) {
		sys1(SYS_close, fd);
		return -EBADF;
	}
	if (st.st_mode & 077) /* opened up meanwhile: what comes now is for its owner alone */
		sys2(SYS_fchmod, fd, 0600);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->base = ((uint64_t)st.st_size + 4095) & ~4095ull;
	bool aligned = s->base == (uint64_t)st.st_size ||
		       append((int)fd, (uint64_t)st.st_size, s->base - (uint64_t)st.st_size);
	s->fd = (int)fd; /* for as long as this takes */
	bool mapped = aligned && file_window(s, 0);
	s->fd = s->keeps ? place((int)fd) : NOT_KEPT;
	sys1(SYS_close, fd);
	return mapped ? 0 : -EIO;
}

void file_prepare(struct sink *s)
{
	enum { AHEAD = 1 << 20 };
	uint64_t end = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) + AHEAD;
	if (file_extend(s, end)) {
		file_window(s, end >> WINDOW_BITS);
		file_address(s, end - 1);
	}
}

void trace_brace(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s && !thread.vforked)
		file_prepare(s);
}

void trace_keep(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || __atomic_exchange_n(&s->keeps, true, __ATOMIC_RELAXED))
		return;
	struct use u;
	if (file_acquire(s, &u))
		file_release(s, &u);
}

int trace_fd(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return s ? __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) : -1;
}

void trace_hide(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd();
	struct rlimit limit;
	if (s && !thread.vforked)
		file_find_edge();
	if (fd < 0 || thread.vforked || sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit))
		return;
	rlim_t end = limit.rlim_cur < REACH ? limit.rlim_cur : REACH;
	if ((rlim_t)fd + span(end) >= end || (fd = file_take(s, false)) < 0)
		return;
	int copy = place(fd);
	__atomic_store_n(&s->fd, copy < 0 ? NOT_KEPT : copy, __ATOMIC_RELEASE);
	sys1(SYS_close, fd);
}

void trace_move(int number)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd() == number ? file_take(s, true) : NOT_KEPT;
	if (fd < 0)
		return;
	int copy = place(fd);
	__atomic_store_n(&s->fd, copy < 0 ? NOT_KEPT : copy, __ATOMIC_RELEASE);
}

/* Waits, 10 ms at most, until no thread has borrowed a number. */
static void await_borrowers(const struct sink *s)
{
	for (int turn = 0; turn < PAUSES && __atomic_load_n(&s->users, __ATOMIC_SEQ_CST) && !sys_off(); turn++)
		pause_briefly();
}

bool trace_yield(unsigned borrows)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd();
	uint64_t size;
	if (s && (__atomic_load_n(&trace_borrows, __ATOMIC_SEQ_CST) != borrows ||
		  __atomic_load_n(&s->users, __ATOMIC_SEQ_CST))) {
		await_borrowers(s);
		return true;
	}
	if (fd < 0 || !file_is(s, fd, &size))
		return false;
	if (thread.vforked) /* the number is the child's own, the memory is the parent's */
		return !sys1(SYS_close, fd);
	file_prepare(s); /* once all numbers are the host's, the file cannot be opened again */
	if ((fd = file_take(s, false)) < 0)
		return false;
	__atomic_store_n(&s->fd, NOT_KEPT, __ATOMIC_RELEASE);
	return !sys1(SYS_close, fd);
}

/* The trace file: see trace.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/trace.h"

#include "shim/state/board.h"
#include "shim/trace/jsonl.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/kernel/sys.h"
#include "shim/state/thread.h"
#include "shim/kernel/watch.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>

/* Blocks are counted in units; a thread's first block is one unit, each next one twice as large, up to GROW. The file grows by GROW, and
 * by GROWN once it is as long as FEW: larger pieces cost the kernel less. */
#define UNIT_BITS 9
#define GROW_BITS 16
#define GROW (1ul << GROW_BITS)
#define GROWN (4 * GROW)
#define FEW (1ul << 20)

/* The mapping comes in windows, which may reach past the file's end; no block lies across two. */
#define WINDOW_BITS 21
#define WINDOW (1ul << WINDOW_BITS)
#define WINDOWS 8192

/* What holds a line back before it is written. */
enum gate {
	HOLDS = 0xff,	   /* so many threads are about to leave for another program */
	FULL = 1 << 8,	   /* max_bytes is met: no events any more */
	FINISHED = 1 << 9, /* no line any more */
};

enum {
	NOT_KEPT = -1,
	TAKEN = -2
}; /* instead of a descriptor; TAKEN: somebody is about to give it another place, or up */

struct sink {
	int fd;
	int users; /* threads that may be using it */
	dev_t dev;
	ino_t ino;
	uint64_t base;	   /* where ours begins in the file, a multiple of the page */
	uint64_t claimed;  /* bytes given to threads, from base */
	uint64_t appended; /* bytes of newlines written, never less than what was claimed and used */
	bool keeps;	   /* a descriptor, since its name may lead nowhere */
	int borrowed;	   /* one that is open for an instant, which a child forked meanwhile closes */
	unsigned gate;	   /* of enum gate */
	uint64_t held_until;
	int lost;	  /* the `lost` line: UNTOLD, BEING_TOLD, TOLD */
	char *lost_count; /* past the digits in it */
	int counting;	  /* a thread is writing them */
	char *window[WINDOWS];
	char path[OPTION_PATH + 32];
};

uint64_t trace_events, trace_dropped;
void (*trace_opened)(void);
bool (*trace_owns)(const char *first_line);

struct sink *trace_sink;
static bool broken; /* the file cannot be made: not tried again in this process */
static bool opening;
static bool mute; /* an event had no file to go to: told on the board */

/* A thread's block in one word, so that a signal handler and the code it interrupted can share it: the first unit plus one (0: no
 * block), the size class, the bytes used. */
#define BLOCK(unit, bits, used) (((unit) + 1) << 28 | (uint64_t)(bits) << 24 | (used))
#define HAS_BLOCK(w) ((w) >> 28)
#define BLOCK_UNIT(w) (((w) >> 28) - 1)
#define BLOCK_BITS(w) ((w) >> 24 & 15)
#define BLOCK_USED(w) ((w)&0xffffff)

uint64_t trace_now(void)
{
	static uint64_t last;
	struct timespec ts;
	sys_clock(CLOCK_MONOTONIC, &ts);
	uint64_t now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	uint64_t seen = __atomic_load_n(&last, __ATOMIC_RELAXED), next;
	do
		next = now > seen ? now : seen + 1;
	while (!__atomic_compare_exchange_n(&last, &seen, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return next;
}

static bool same_file(const struct sink *s, int fd, uint64_t *size)
{
	struct stat st;
	if (fd < 0 || sys2(SYS_fstat, fd, &st) || st.st_dev != s->dev || st.st_ino != s->ino)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

/* For threads that wait for each other: PAUSES of them are 10 ms. */
enum { PAUSES = 20 };
static void pause_briefly(void)
{
	static const struct timespec half_ms = {.tv_nsec = 500000};
	sys2(SYS_nanosleep, &half_ms, NULL);
}

static bool mask_signals(uint64_t *mask)
{
	uint64_t all = ~0ull;
	return !sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, mask, sizeof all);
}

static void unmask_signals(bool masked, const uint64_t *mask)
{
	if (masked)
		sys4(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof *mask);
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
static void find_edge(void)
{
	struct rlimit limit;
	bool known = !sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) && limit.rlim_cur < INT_MAX;
	__atomic_store_n(&trace_edge, known ? (int)(limit.rlim_cur - span(limit.rlim_cur)) : INT_MAX, __ATOMIC_RELAXED);
}

/* A descriptor of the file in use. */
struct use {
	int fd;
	bool kept; /* else it is opened for this use alone */
	uint64_t size, mask;
	bool masked;
};

unsigned trace_borrows;

static void release(struct sink *s, struct use *u)
{
	if (u->fd >= 0 && !u->kept) {
		__atomic_store_n(&s->borrowed, NOT_KEPT, __ATOMIC_RELAXED);
		sys1(SYS_close, u->fd);
		__atomic_fetch_add(&trace_borrows, 1, __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_sub(&s->users, 1, __ATOMIC_RELEASE);
	unmask_signals(u->masked, &u->mask);
}

/* The kept one when it still is ours; else the file is opened again by its name, and one kept where that is wanted and there is a place.
 * While it is in use nobody gives it up, and no signal handler jumps out. False: cannot be had; else give it back with release(). */
static bool acquire(struct sink *s, struct use *u)
{
	u->masked = mask_signals(&u->mask);
	__atomic_fetch_add(&s->users, 1, __ATOMIC_SEQ_CST);
	int fd = u->fd = __atomic_load_n(&s->fd, __ATOMIC_SEQ_CST);
	u->kept = true;
	if (same_file(s, fd, &u->size))
		return true;
	u->kept = false;
	__atomic_fetch_add(&trace_borrows, 1, __ATOMIC_SEQ_CST);
	u->fd = (int)sys_open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	__atomic_store_n(&s->borrowed, u->fd, __ATOMIC_RELAXED);
	if (!same_file(s, u->fd, &u->size)) {
		release(s, u);
		return false;
	}
	int copy = __atomic_load_n(&s->keeps, __ATOMIC_RELAXED) && fd != TAKEN ? place(u->fd) : -1;
	if (copy >= 0 && !__atomic_compare_exchange_n(&s->fd, &fd, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		sys1(SYS_close, copy); /* another thread was first */
	return true;
}

/* Takes the kept descriptor out of the hands of all threads, for at most 10 ms of `wait`: its number, for which another or NOT_KEPT is
 * to be stored. NOT_KEPT: there is none; TAKEN: it is in use. */
static int take(struct sink *s, bool wait)
{
	uint64_t size;
	int fd = s ? __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) : NOT_KEPT;
	if (fd < 0 || !same_file(s, fd, &size))
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

static __attribute__((noinline)) char *map_window(struct sink *s, uint64_t n)
{
	char *w = NULL;
	struct use u;
	if (!acquire(s, &u))
		return NULL;
	char *mine = sys_mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, u.fd, (long)(s->base + n * WINDOW));
	release(s, &u);
	if (!mine)
		return NULL;
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

static inline char *window(struct sink *s, uint64_t n)
{
	char *w = n < WINDOWS ? __atomic_load_n(&s->window[n], __ATOMIC_ACQUIRE) : NULL;
	return w || n >= WINDOWS ? w : map_window(s, n);
}

/* Bytes [0, end) from the base are in the file afterwards. Claims follow appends in the count, so two threads that append at once
 * leave some newlines too many, never a hole. */
static bool extend(struct sink *s, uint64_t end)
{
	for (uint64_t appended; (appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE)) < end;) {
		uint64_t step = appended < FEW ? GROW : GROWN, rest = end - appended;
		if (step < rest) /* at once, since each time takes a number for an instant */
			step = rest < GROWN ? (rest + GROW - 1) & ~(GROW - 1) : GROWN;
		struct use u;
		if (!acquire(s, &u))
			return false;
		bool done = append(u.fd, u.size, step) || (step > GROW && append(u.fd, u.size, step = GROW));
		release(s, &u);
		if (!done)
			return false;
		uint64_t at = __atomic_fetch_add(&s->appended, step, __ATOMIC_ACQ_REL);
		char *w = window(s, at >> WINDOW_BITS);
		if (w &&
		    (at & (WINDOW - 1)) + step <= WINDOW) /* many page faults in one call, a tenth of their price */
			sys3(SYS_madvise, w + (at & (WINDOW - 1)), step, MADV_POPULATE_WRITE);
	}
	return true;
}

static char *address(struct sink *s, uint64_t offset)
{
	char *w = window(s, offset >> WINDOW_BITS);
	return w ? w + (offset & (WINDOW - 1)) : NULL;
}

/* Bytes that lines of this rank leave to those of a higher one: of max_bytes, and of a file that grows no further. What will be open at
 * the end is unknown: for each socket open now there is room for some more. */
static uint64_t left_by(enum trace_rank rank, uint64_t room, uint64_t per_socket)
{
	enum { LEAK = 192, ENDS = 2 << UNIT_BITS };
	uint64_t open = watch_open(), events = ENDS + 4096 + open * per_socket, places = ENDS + open * LEAK;
	switch (rank) {
	case TRACE_EVENT: return events < room / 8 * 7 ? events : room / 8 * 7;
	case TRACE_PLACE: return places < room / 4 * 3 ? places : room / 4 * 3;
	case TRACE_LEAK: return ENDS;
	default: return 0;
	}
}

static uint64_t limit_of(enum trace_rank rank)
{
	enum { FOR_ENDS = 65536 };
	uint64_t most = (uint64_t)options.max_bytes, left = left_by(rank, most, 2048);
	if (rank == TRACE_EVENT) {
		uint64_t least = most / 8 > FOR_ENDS ? most / 8 : most / 8 * 7 < FOR_ENDS ? most / 8 * 7 : FOR_ENDS;
		left = left < least ? least : left;
	}
	return left < most ? most - left : 0;
}

/* Whether [0, end) is in the file, and so much behind it. */
static bool has_room(struct sink *s, uint64_t end, enum trace_rank rank)
{
	if (extend(s, end + left_by(rank, GROW, 256)))
		return true;
	uint64_t appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE);
	return end + left_by(rank, appended < GROW ? appended : GROW, 256) <= appended;
}

/* A new block for this thread with `len` bytes of it used: where they go, or NULL. */
static char *take_block(struct sink *s, size_t len, enum trace_rank rank, uint64_t *word)
{
	unsigned bits = thread.blocks < GROW_BITS - UNIT_BITS ? thread.blocks : GROW_BITS - UNIT_BITS, least = 0;
	uint64_t most = limit_of(rank), size, offset;
	while ((1ul << UNIT_BITS << least) < len)
		least++;
	if (bits < least || rank == TRACE_END)
		bits = least;
	uint64_t claimed = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED);
	do {
		if (__atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FINISHED)
			return NULL;
		while (bits > least && claimed + (1ul << UNIT_BITS << bits) > most)
			bits--;
		size = 1ul << UNIT_BITS << bits;
		offset = claimed;
		if (offset >> WINDOW_BITS != (offset + size - 1) >> WINDOW_BITS)
			offset = (offset | (WINDOW - 1)) + 1;
		if (offset + size > most) {
			if (rank == TRACE_EVENT || rank == TRACE_LEAK)
				__atomic_fetch_or(&s->gate, FULL, __ATOMIC_RELAXED);
			return NULL;
		}
	} while (!__atomic_compare_exchange_n(&s->claimed, &claimed, offset + size, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	char *at = has_room(s, offset + size, rank) ? address(s, offset) : NULL;
	if (!at) { /* given back: the rest of the file may hold a smaller one, the last word's */
		claimed = offset + size;
		__atomic_compare_exchange_n(&s->claimed, &claimed, offset, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		return NULL;
	}
	thread.blocks++;
	*word = BLOCK(offset >> UNIT_BITS, bits, len);
	return at;
}

/* A signal handler that jumped out of here would lose the whole block, and what it waited for comes when the file has grown. */
static __attribute__((noinline)) char *renew_block(struct sink *s, size_t len, enum trace_rank rank)
{
	uint64_t next, mask;
	bool masked = mask_signals(&mask);
	char *at = take_block(s, len, rank, &next);
	__atomic_store_n(&thread.block, at ? next : 0, __ATOMIC_RELAXED);
	unmask_signals(masked, &mask);
	return at;
}

static bool passes(struct sink *s, enum trace_rank rank);

static inline char *reserve(struct sink *s, size_t len, enum trace_rank rank)
{
	if (__builtin_expect(__atomic_load_n(&s->gate, __ATOMIC_RELAXED), 0) && !passes(s, rank))
		return NULL;
	uint64_t word = __atomic_fetch_add(&thread.block, len, __ATOMIC_RELAXED);
	if (HAS_BLOCK(word) && BLOCK_USED(word) + len <= 1ul << UNIT_BITS << BLOCK_BITS(word))
		return address(s, (BLOCK_UNIT(word) << UNIT_BITS) + BLOCK_USED(word));
	return renew_block(s, len, rank);
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

/* Opens or makes the file: exclusively when it is new, so that no two processes ever share one. 0 or a negative errno. */
static long open_file(struct sink *s)
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
	bool mapped = aligned && window(s, 0);
	s->fd = s->keeps ? place((int)fd) : NOT_KEPT;
	sys1(SYS_close, fd);
	return mapped ? 0 : -EIO;
}

/* Makes the file known, and its first line the `process` line: other threads wait for that (see passes). */
static void publish(struct sink *s)
{
	enum { LASTS = 100000000 };
	s->gate = 1;
	s->held_until = watch_clock() + LASTS;
	thread.holds = s;
	find_edge();
	__atomic_store_n(&trace_sink, s, __ATOMIC_RELEASE);
	if (options.verbosity)
		say("trace: ", s->path, NULL);
	if (trace_opened)
		trace_opened();
	thread.holds = NULL;
	__atomic_fetch_sub(&s->gate, 1, __ATOMIC_RELEASE);
}

static struct sink *make_sink(bool keeps)
{
	static bool said; /* by this process or one that it comes from */
	struct sink *s = sys_mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!s)
		return NULL;
	s->fd = s->borrowed = NOT_KEPT;
	s->keeps = keeps;
	long error = open_file(s);
	if (!error) {
		publish(s);
		return s;
	}
	bool later = error == -EMFILE || error == -ENFILE; /* the next event may find a descriptor free */
	__atomic_store_n(&broken, !later, __ATOMIC_RELAXED);
	if (!later && !__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		say("cannot write the trace ", s->path,
		    ": nothing is recorded; does its folder exist, may this user write there?");
	if (s->fd >= 0)
		sys1(SYS_close, s->fd);
	sys2(SYS_munmap, s, sizeof *s);
	return NULL;
}

/* One thread makes it, the others wait, a second at most: each would make a file of its own. */
static __attribute__((noinline)) struct sink *open_sink(bool keeps)
{
	/* A signal handler that jumped out of here would leave a file without a first line. */
	uint64_t mask;
	bool masked = mask_signals(&mask);
	struct sink *s = NULL;
	for (int turn = 0; turn < 100 * PAUSES && !sys_off && __atomic_exchange_n(&opening, true, __ATOMIC_ACQUIRE);
	     turn++)
		pause_briefly();
	if (!(s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE)) && !__atomic_load_n(&broken, __ATOMIC_RELAXED))
		s = make_sink(keeps);
	__atomic_store_n(&opening, false, __ATOMIC_RELEASE);
	unmask_signals(masked, &mask);
	return s;
}

static inline struct sink *sink(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return s || __atomic_load_n(&broken, __ATOMIC_RELAXED) ? s : open_sink(false);
}

/* One for the process, since a mapping made for each could meet a seccomp filter; who finds it taken maps one all the same. */
static char scratch[2 * TRACE_LINE_MAX] __attribute__((aligned(64)));
static int scratch_taken;

char *trace_scratch(void)
{
	if (!__atomic_exchange_n(&scratch_taken, 1, __ATOMIC_ACQUIRE))
		return scratch;
	return sys_mmap(NULL, sizeof scratch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void trace_scratch_end(char *p)
{
	if (p == scratch)
		__atomic_store_n(&scratch_taken, 0, __ATOMIC_RELEASE);
	else
		sys2(SYS_munmap, p, sizeof scratch);
}

/* Threads that put a line, by their number: the end of the process waits for them. Two of one place may hide each other. */
enum { WRITERS = 64 };
static struct {
	char busy;
} __attribute__((aligned(64))) writers[WRITERS];

static inline char *writer(void) { return &writers[thread_tid() % WRITERS].busy; }

/* No line is begun any more, but a thread may have lost its processor amid one, and would be ended there. In vain for one that a signal
 * took out of it, so not for long. */
static void await_writers(void)
{
	for (int turn = 0, busy = 1; busy && turn < PAUSES && !sys_off; turn++) {
		if (turn)
			pause_briefly();
		else
			sys0(SYS_sched_yield); /* by then they see that it is the end, or are seen */
		busy = 0;
		for (int i = 0; i < WRITERS; i++)
			busy |= &writers[i].busy != writer() && __atomic_load_n(&writers[i].busy, __ATOMIC_ACQUIRE);
	}
}

/* Lets a line through the gate, after a wait while others leave for another program. Who is amid another line is being waited for. */
static __attribute__((noinline)) bool passes(struct sink *s, enum trace_rank rank)
{
	unsigned gate;
	while ((gate = __atomic_load_n(&s->gate, __ATOMIC_ACQUIRE)) & HOLDS && thread.putting == 1 && !thread.holds &&
	       !sys_off && watch_clock() < __atomic_load_n(&s->held_until, __ATOMIC_RELAXED)) {
		__atomic_store_n(writer(), 0, __ATOMIC_RELEASE);
		pause_briefly();
		__atomic_store_n(writer(), 1, __ATOMIC_SEQ_CST);
	}
	return !(gate & FINISHED) && !(gate & FULL && rank == TRACE_EVENT);
}

/* A line that is written now: where it is, or NULL. */
static inline __attribute__((always_inline)) char *put(struct sink *s, const char *line, size_t len,
						       enum trace_rank rank)
{
	struct sink *again;
	char *at = NULL;
	while (s && !(at = reserve(s, len, rank)) && (again = sink()) != s)
		s = again; /* forked in a signal handler, in between */
	if (at) {
		/* Page faults come now, while there still are newlines: a death amid the copy would leave a torn line. */
		((volatile char *)at)[0] = ((volatile char *)at)[len - 1] = '\n';
		memcpy(at, line, len);
	}
	return at;
}

/* The `lost` line: written at the first loss, while the digits of its count are kept up to date in the file itself. */
enum { UNTOLD, BEING_TOLD, TOLD };
enum { COUNT_WIDTH = 16 };

static void write_lost(struct sink *s)
{
	static bool said;
	char line[256];
	bool full = __atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FULL;
	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		say("the trace ", s->path,
		    full ? " has met max_bytes: from here on events are counted, not recorded"
			 : " cannot grow: from here on events are counted, not recorded");
	struct jsonl j = jsonl_open(line, sizeof line, "lost");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_int(&j, "tid", thread_tid());
	jsonl_word(&j, "why", full ? "max_bytes" : sys_off ? "sandbox" : "file");
	char *count = jsonl_key(&j, "dropped", COUNT_WIDTH);
	memset(count, ' ', COUNT_WIDTH - 1);
	count[COUNT_WIDTH - 1] = '0';
	j.at = count + COUNT_WIDTH;
	char *at = put(s, line, jsonl_close(&j), TRACE_END);
	if (at)
		s->lost_count = at + (count - line) + COUNT_WIDTH;
	__atomic_store_n(&s->lost, at ? TOLD : UNTOLD, __ATOMIC_RELEASE);
}

/* From the last digit to the first, so that what stands there is a number at each instant. A thread that finds another at it leaves its
 * own to that one. */
static void write_count(struct sink *s)
{
	uint64_t n;
	do {
		if (__atomic_exchange_n(&s->counting, 1, __ATOMIC_ACQUIRE))
			return;
		uint64_t left = n = __atomic_load_n(&trace_dropped, __ATOMIC_ACQUIRE);
		for (char *at = s->lost_count; left && at > s->lost_count - COUNT_WIDTH; left /= 10)
			*(volatile char *)--at = (char)('0' + left % 10);
		__atomic_store_n(&s->counting, 0, __ATOMIC_RELEASE);
	} while (__atomic_load_n(&trace_dropped, __ATOMIC_ACQUIRE) != n);
}

/* There is no file that could say so. */
static void lose_on_board(void)
{
	struct board *b = board_at_hand();
	if (!b)
		return;
	__atomic_fetch_add(&b->lost, 1, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(&mute, true, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&b->mute, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&b->last_mute, (uint32_t)process_pid(), __ATOMIC_RELAXED);
	}
}

__attribute__((noinline)) void trace_lose(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int untold = UNTOLD;
	__atomic_fetch_add(&trace_dropped, 1, __ATOMIC_ACQ_REL);
	if (s && __atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FINISHED)
		return;
	if (s && !__atomic_load_n(&s->lost, __ATOMIC_RELAXED) &&
	    __atomic_compare_exchange_n(&s->lost, &untold, BEING_TOLD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		write_lost(s);
	if (s && __atomic_load_n(&s->lost, __ATOMIC_ACQUIRE) == TOLD)
		write_count(s);
	else if (!s || !__atomic_load_n(&s->appended, __ATOMIC_RELAXED))
		lose_on_board();
}

static inline __attribute__((always_inline)) bool put_ranked(const char *line, size_t len, enum trace_rank rank)
{
	char *busy = writer();
	thread.putting++;
	__atomic_store_n(busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* before it looks whether this is the end */
	char *at = put(sink(), line, len, rank);
	if (!at && (rank == TRACE_EVENT || rank == TRACE_LEAK))
		trace_lose();
	if (!--thread.putting)
		__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return at != NULL;
}

bool trace_put(const char *line, size_t len) { return put_ranked(line, len, TRACE_EVENT); }

__attribute__((noinline)) bool trace_put_as(enum trace_rank rank, const char *line, size_t len)
{
	return put_ranked(line, len, rank);
}

bool trace_has_room(enum trace_rank rank)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return !s || !(__atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FULL) ||
	       __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) < limit_of(rank);
}

void trace_open(void)
{
	if (!trace_is_open() && !__atomic_load_n(&broken, __ATOMIC_RELAXED))
		open_sink(false);
}

void trace_keep(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || __atomic_exchange_n(&s->keeps, true, __ATOMIC_RELAXED))
		return;
	struct use u;
	if (acquire(s, &u))
		release(s, &u);
}

void trace_finish(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || __atomic_fetch_or(&s->gate, FINISHED, __ATOMIC_ACQ_REL) & FINISHED)
		return;
	await_writers();
	uint64_t appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE),
		 claimed = __atomic_load_n(&s->claimed, __ATOMIC_ACQUIRE), end = claimed;
	if (end > appended)
		end = appended;
	for (char *at; end && (at = address(s, end - 1)) && *at == '\n';)
		end--;
	if (end) /* the newline of the last line */
		end++;
	/* A thread that still writes must not meet the file's new end: what lies past it becomes memory of our own. */
	for (uint64_t n = 0; n < WINDOWS && n <= claimed >> WINDOW_BITS; n++) {
		uint64_t first = n << WINDOW_BITS, from = (end + 4095) & ~4095ull;
		if (!s->window[n] || first + WINDOW <= from)
			continue;
		uint64_t skip = from > first ? from - first : 0;
		if (!sys_mmap(s->window[n] + skip, WINDOW - skip, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0))
			return;
	}
	/* Where no descriptor is to be had the newlines stay: truncate(2) by a name could meet another file. */
	struct use u;
	if (!acquire(s, &u))
		return;
	sys2(SYS_ftruncate, u.fd, s->base + end);
	release(s, &u);
	/* Nobody needs it any more, and tools like Valgrind tell what is left open at the end. */
	int fd = take(s, true);
	if (fd < 0)
		return;
	__atomic_store_n(&s->fd, NOT_KEPT, __ATOMIC_RELEASE);
	sys1(SYS_close, fd);
}

void trace_hold(bool on)
{
	enum { LASTS = 5000000 }; /* ns that a line waits for at most, in all */
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || thread.vforked || on == (thread.holds == s))
		return;
	if (!on) {
		thread.holds = NULL;
		__atomic_fetch_sub(&s->gate, 1, __ATOMIC_RELEASE);
		return;
	}
	thread.holds = s;
	__atomic_store_n(&s->held_until, watch_clock() + LASTS, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->gate, 1, __ATOMIC_SEQ_CST);
	await_writers();
}

bool trace_discard(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	struct stat st;
	if (!s || __atomic_load_n(&trace_events, __ATOMIC_RELAXED) ||
	    __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED) || s->base ||
	    sys4(SYS_newfstatat, AT_FDCWD, s->path, &st, AT_SYMLINK_NOFOLLOW) || st.st_dev != s->dev ||
	    st.st_ino != s->ino || sys3(SYS_unlinkat, AT_FDCWD, s->path, 0))
		return false;
	trace_finish();
	return true;
}

void trace_forget(void)
{
	struct sink *s = trace_sink;
	thread.block = 0;
	thread.blocks = 0;
	trace_events = trace_dropped = 0;
	for (int i = 0; i < WRITERS; i++)
		if (writers[i].busy) /* looked at, not touched: that would copy a page */
			writers[i].busy = 0;
	if (!thread.putting) /* else it may be in use below the handler that forked; the child maps its own then */
		scratch_taken = 0;
	trace_sink = NULL;
	broken = opening = mute = false;
	thread.holds = NULL;
	trace_edge = INT_MAX;
	if (!s)
		return;
	s->gate = FINISHED;
	uint64_t size;
	if (same_file(s, s->fd, &size))
		sys1(SYS_close, s->fd);
	if (same_file(s, s->borrowed, &size))
		sys1(SYS_close, s->borrowed);
	s->fd = NOT_KEPT;
	for (uint64_t n = 0; n < WINDOWS && n <= s->claimed >> WINDOW_BITS && !thread.putting;
	     n++) /* else a frame below the handler that forked still writes there */
		if (s->window[n])
			sys2(SYS_munmap, s->window[n], WINDOW);
}

/* So much of the file is written and mapped ahead, for when it cannot grow. */
static void prepare(struct sink *s)
{
	enum { AHEAD = 1 << 20 };
	uint64_t end = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) + AHEAD;
	if (extend(s, end)) {
		window(s, end >> WINDOW_BITS);
		address(s, end - 1);
	}
}

void trace_brace(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s && !thread.vforked)
		prepare(s);
}

void trace_prepare(void)
{
	struct sink *s = sink();
	if (s)
		prepare(s);
}

void trace_seclude(void)
{
	trace_open();
	trace_keep();
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s && __atomic_load_n(&s->fd, __ATOMIC_RELAXED) < 0) /* no number can be spared */
		prepare(s);
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
		find_edge();
	if (fd < 0 || thread.vforked || sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit))
		return;
	rlim_t end = limit.rlim_cur < REACH ? limit.rlim_cur : REACH;
	if ((rlim_t)fd + span(end) >= end || (fd = take(s, false)) < 0)
		return;
	int copy = place(fd);
	__atomic_store_n(&s->fd, copy < 0 ? NOT_KEPT : copy, __ATOMIC_RELEASE);
	sys1(SYS_close, fd);
}

void trace_move(int number)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd() == number ? take(s, true) : NOT_KEPT;
	if (fd < 0)
		return;
	int copy = place(fd);
	__atomic_store_n(&s->fd, copy < 0 ? NOT_KEPT : copy, __ATOMIC_RELEASE);
}

/* Waits, 10 ms at most, until no thread has borrowed a number. */
static void await_borrowers(const struct sink *s)
{
	for (int turn = 0; turn < PAUSES && __atomic_load_n(&s->users, __ATOMIC_SEQ_CST) && !sys_off; turn++)
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
	if (fd < 0 || !same_file(s, fd, &size))
		return false;
	if (thread.vforked) /* the number is the child's own, the memory is the parent's */
		return !sys1(SYS_close, fd);
	prepare(s); /* once all numbers are the host's, the file cannot be opened again */
	if ((fd = take(s, false)) < 0)
		return false;
	__atomic_store_n(&s->fd, NOT_KEPT, __ATOMIC_RELEASE);
	return !sys1(SYS_close, fd);
}

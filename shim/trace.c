/* The trace file: see trace.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace.h"

#include "shim/jsonl.h"
#include "shim/options.h"
#include "shim/sys.h"
#include "shim/thread.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

struct sink {
	int fd;
	dev_t dev;
	ino_t ino;
	uint64_t base;	   /* where ours begins in the file, a multiple of the page */
	uint64_t claimed;  /* bytes given to threads, from base */
	uint64_t appended; /* bytes of newlines written, never less than what was claimed and used */
	bool keeps;	   /* a descriptor, from its first event on */
	bool finished;
	char *window[WINDOWS];
	char path[OPTION_PATH + 32];
};

uint64_t trace_events, trace_dropped;
void (*trace_opened)(void);

struct sink *trace_sink;
static bool broken; /* the file cannot be made: said once, not tried again */

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

/* Numbers that hardly a program comes near. Further up than REACH a number costs each fork the copy of a table that long. */
#define FAR 4096
#define REACH 8192

/* fd's copy above the host's limit, which is raised for as long as that takes: no signal handler may jump out of it. */
static long above(int fd, const struct rlimit *was)
{
	struct rlimit wide = *was, seen;
	uint64_t mask;
	wide.rlim_cur += 64;
	if (wide.rlim_max < wide.rlim_cur) /* root may */
		wide.rlim_max = wide.rlim_cur;
	bool masked = mask_signals(&mask);
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, &wide, NULL)) {
		unmask_signals(masked, &mask);
		return -1;
	}
	long copy = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, was->rlim_cur);
	sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, was, &seen);
	if (seen.rlim_cur != wide.rlim_cur || seen.rlim_max != wide.rlim_max) /* the host set its own meanwhile */
		sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, &seen, NULL);
	unmask_signals(masked, &mask);
	return copy;
}

/* Moves fd where the host neither meets it nor misses it. -1, fd untouched: there is no such place. */
static int hide(int fd)
{
	struct rlimit limit;
	long moved = -1;
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit))
		return -1;
	if (limit.rlim_cur > REACH)
		moved = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, REACH);
	else if (limit.rlim_cur < limit.rlim_max || limit.rlim_cur < FAR)
		moved = above(fd, &limit);
	for (rlim_t below = 1; moved < 0 && limit.rlim_cur >= FAR && below < 64; below++)
		moved = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, limit.rlim_cur - below);
	if (moved >= 0)
		sys1(SYS_close, fd);
	return (int)moved;
}

/* A descriptor of the file: the kept one when it still is ours; else the file is opened again by its name, and kept where there is a
 * place to hide it. -1: cannot be had. Give it back with release(). */
static int acquire(struct sink *s, uint64_t *size)
{
	int fd = __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE);
	if (same_file(s, fd, size))
		return fd;
	int now = (int)sys_open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	if (now < 0)
		return -1;
	if (!same_file(s, now, size)) {
		sys1(SYS_close, now);
		return -1;
	}
	int hidden = __atomic_load_n(&s->keeps, __ATOMIC_RELAXED) ? hide(now) : -1;
	if (hidden < 0)
		return now;
	if (__atomic_compare_exchange_n(&s->fd, &fd, hidden, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return hidden;
	sys1(SYS_close, hidden); /* another thread was first */
	return same_file(s, fd, size) ? fd : -1;
}

static void release(struct sink *s, int fd)
{
	if (fd >= 0 && fd != __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE))
		sys1(SYS_close, fd);
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
	uint64_t size;
	int fd = acquire(s, &size);
	char *mine =
		fd < 0 ? NULL
		       : sys_mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)(s->base + n * WINDOW));
	release(s, fd);
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
		uint64_t size, step = appended < FEW ? GROW : GROWN;
		int fd = acquire(s, &size);
		bool done = fd >= 0 && (append(fd, size, step) || (step > GROW && append(fd, size, step = GROW)));
		release(s, fd);
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

/* A new block for this thread with `len` bytes of it used: where they go, or NULL. */
static __attribute__((noinline)) char *take_block(struct sink *s, size_t len, uint64_t *word)
{
	unsigned bits = thread.blocks < GROW_BITS - UNIT_BITS ? thread.blocks : GROW_BITS - UNIT_BITS;
	uint64_t most = (uint64_t)options.max_bytes;
	if (thread.last_word)
		bits = 0;
	else /* room for the last word, which tells how much was lost */
		most -= most < 1ul << UNIT_BITS ? most : 1ul << UNIT_BITS;
	while ((1ul << UNIT_BITS << bits) < len)
		bits++;
	uint64_t size = 1ul << UNIT_BITS << bits, offset;
	do {
		if (__atomic_load_n(&s->finished, __ATOMIC_RELAXED) ||
		    __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) + size > most)
			return NULL;
		offset = __atomic_fetch_add(&s->claimed, size, __ATOMIC_RELAXED);
	} while (offset >> WINDOW_BITS != (offset + size - 1) >> WINDOW_BITS);
	char *at = extend(s, offset + size) ? address(s, offset) : NULL;
	if (!at) { /* given back: the rest of the file may hold a smaller one, the last word's */
		uint64_t claimed = offset + size;
		__atomic_compare_exchange_n(&s->claimed, &claimed, offset, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		return NULL;
	}
	thread.blocks++;
	*word = BLOCK(offset >> UNIT_BITS, bits, len);
	return at;
}

static inline char *reserve(struct sink *s, size_t len)
{
	if (__atomic_load_n(&s->finished, __ATOMIC_RELAXED))
		return NULL;
	uint64_t word = __atomic_fetch_add(&thread.block, len, __ATOMIC_RELAXED);
	if (HAS_BLOCK(word) && BLOCK_USED(word) + len <= 1ul << UNIT_BITS << BLOCK_BITS(word))
		return address(s, (BLOCK_UNIT(word) << UNIT_BITS) + BLOCK_USED(word));
	uint64_t next;
	char *at = take_block(s, len, &next);
	if (at) {
		__atomic_store_n(&thread.block, next, __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&thread.block, 0, __ATOMIC_RELAXED);
	}
	return at;
}

static void make_path(char *at)
{
	at = stpcpy(at, options.log_path);
	*at++ = '.';
	at = jsonl_decimal(at, (uint64_t)sys0(SYS_getpid));
	strcpy(at, ".jsonl");
}

/* Opens or makes the file: exclusively when it is new; an old one only when it is a plain file of ours, which is appended to. */
static bool open_file(struct sink *s)
{
	struct stat st;
	int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	make_path(s->path);
	long fd = sys_open(s->path, flags | O_CREAT | O_EXCL, 0600);
	if (fd == -EEXIST)
		fd = sys_open(s->path, flags, 0);
	if (fd < 0)
		return false;
	if (sys2(SYS_fstat, fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != (uid_t)sys0(SYS_geteuid) ||
	    st.st_nlink != 1) {
		sys1(SYS_close, fd);
		return false;
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
	s->fd = s->keeps ? hide((int)fd) : -1;
	if (s->fd < 0)
		sys1(SYS_close, fd);
	return mapped;
}

/* Threads that come here at once each prepare a sink; the first to publish wins, the others let go of theirs. */
static struct sink *publish(struct sink *s)
{
	struct sink *won = NULL;
	bool ok = open_file(s);
	if (ok && __atomic_compare_exchange_n(&trace_sink, &won, s, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		if (options.verbosity)
			say("trace: ", s->path, NULL);
		if (trace_opened)
			trace_opened();
		return s;
	}
	if (!ok && !__atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE) &&
	    !__atomic_exchange_n(&broken, true, __ATOMIC_RELAXED))
		say("cannot write the trace ", s->path,
		    ": nothing is recorded; does its folder exist, may this user write there?");
	if (s->window[0])
		sys2(SYS_munmap, s->window[0], WINDOW);
	if (s->fd >= 0)
		sys1(SYS_close, s->fd);
	sys2(SYS_munmap, s, sizeof *s);
	return __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
}

static __attribute__((noinline)) struct sink *open_sink(bool keeps)
{
	struct sink *s = sys_mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!s)
		return NULL;
	s->fd = -1;
	s->keeps = keeps;
	/* A signal handler that jumped out of here would leave a file without a first line. */
	uint64_t mask;
	bool masked = mask_signals(&mask);
	struct sink *opened = publish(s);
	unmask_signals(masked, &mask);
	return opened;
}

static inline struct sink *sink(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return s || __atomic_load_n(&broken, __ATOMIC_RELAXED) ? s : open_sink(true);
}

/* One for the process, since a mapping made for each could meet a seccomp filter; who finds it taken maps one all the same. */
static char scratch[2 * TRACE_LINE_MAX] __attribute__((aligned(64)));
static int scratch_taken;

char *trace_scratch(void)
{
	if (!__atomic_exchange_n(&scratch_taken, 1, __ATOMIC_ACQUIRE))
		return scratch;
	char *mapped = sys_mmap(NULL, sizeof scratch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!mapped) /* a line will not be written */
		__atomic_fetch_add(&trace_dropped, 1, __ATOMIC_RELAXED);
	return mapped;
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
	static const struct timespec pause = {.tv_nsec = 500000};
	enum { PAUSES = 20 };
	for (int turn = 0, busy = 1; busy && turn < PAUSES && !sys_off; turn++) {
		if (turn)
			sys2(SYS_nanosleep, &pause, NULL);
		else
			sys0(SYS_sched_yield); /* by then they see that it is the end, or are seen */
		busy = 0;
		for (int i = 0; i < WRITERS; i++)
			busy |= &writers[i].busy != writer() && __atomic_load_n(&writers[i].busy, __ATOMIC_ACQUIRE);
	}
}

bool trace_put(const char *line, size_t len)
{
	char *busy = writer();
	thread.putting++;
	__atomic_store_n(busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* before it looks whether this is the end */
	struct sink *s = sink(), *again;
	char *at = NULL;
	while (s && !(at = reserve(s, len)) && (again = sink()) != s)
		s = again; /* forked in a signal handler, in between */
	if (at) {
		/* Page faults come now, while there still are newlines: a death amid the copy would leave a torn line. */
		((volatile char *)at)[0] = ((volatile char *)at)[len - 1] = '\n';
		memcpy(at, line, len);
	} else {
		__atomic_fetch_add(&trace_dropped, 1, __ATOMIC_RELAXED);
	}
	if (!--thread.putting)
		__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return at != NULL;
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
	uint64_t size;
	release(s, acquire(s, &size));
}

void trace_finish(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || __atomic_exchange_n(&s->finished, true, __ATOMIC_ACQ_REL))
		return;
	await_writers();
	uint64_t appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE),
		 claimed = __atomic_load_n(&s->claimed, __ATOMIC_ACQUIRE), end = claimed, size;
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
	int fd = acquire(s, &size);
	if (fd < 0)
		return;
	sys2(SYS_ftruncate, fd, s->base + end);
	/* Nobody needs it any more, and tools like Valgrind tell what is left open at the end. */
	__atomic_store_n(&s->fd, -1, __ATOMIC_RELEASE);
	sys1(SYS_close, fd);
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
	if (!s)
		return;
	s->finished = true;
	uint64_t size;
	if (same_file(s, s->fd, &size))
		sys1(SYS_close, s->fd);
	s->fd = -1;
	for (uint64_t n = 0; n < WINDOWS && n <= s->claimed >> WINDOW_BITS && !thread.putting;
	     n++) /* else a frame below the handler that forked still writes there */
		if (s->window[n])
			sys2(SYS_munmap, s->window[n], WINDOW);
}

void trace_prepare(void)
{
	enum { AHEAD = 1 << 20 };
	struct sink *s = sink();
	uint64_t end = s ? __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) + AHEAD : 0;
	if (s && extend(s, end)) {
		window(s, end >> WINDOW_BITS);
		address(s, end - 1);
	}
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
	uint64_t size;
	if (fd < 0 || thread.vforked || sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) ||
	    (rlim_t)fd >= limit.rlim_cur || fd >= REACH ||
	    (limit.rlim_cur >= FAR && (rlim_t)fd >= limit.rlim_cur - 64) || !same_file(s, fd, &size))
		return;
	int hidden = hide(fd);
	if (hidden < 0)
		sys1(SYS_close, fd);
	__atomic_store_n(&s->fd, hidden, __ATOMIC_RELEASE); /* -1: opened by its name when needed */
}

void trace_move(int fd)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	uint64_t size;
	if (!s || !same_file(s, fd, &size))
		return;
	int to = (int)sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, fd + 1);
	__atomic_store_n(&s->fd, to < 0 ? -1 : to, __ATOMIC_RELEASE); /* -1: opened by its name when needed */
}

bool trace_yield(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd();
	uint64_t size;
	if (fd < 0 || !same_file(s, fd, &size) ||
	    !__atomic_compare_exchange_n(&s->fd, &fd, -1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	return !sys1(SYS_close, fd);
}

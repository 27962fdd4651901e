/* The file behind a trace: see file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/file.h"

#include "shim/kernel/errand.h"
#include "shim/state/self.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/jsonl.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct sink *trace_sink;
bool (*trace_owns)(const char *first_line);

/* A task that needs a descriptor of the file. */
struct work {
	struct sink *s;
	bool (*with)(struct work *, int fd, uint64_t size);
	uint64_t n;
	char *window;
	long error; /* from opening it */
	bool gone;  /* the name leads to another file, or to none */
	bool done;
};

/* Uses the kept descriptor if it is still ours, else opens the file by name. */
static void work(void *p)
{
	struct work *w = p;
	uint64_t size;
	int kept = __atomic_load_n(&w->s->fd, __ATOMIC_SEQ_CST);
	if (file_is(w->s, kept, &size)) {
		w->done = w->with(w, kept, size);
		return;
	}
	long fd = w->error = sys_open(w->s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	w->gone = fd == -ENOENT && !w->s->secluded;
	if (fd < 0)
		return;
	if (file_is(w->s, (int)fd, &size))
		w->done = w->with(w, (int)fd, size);
	else
		w->gone = !w->s->secluded;
	sys1(SYS_close, fd);
}

static bool do_work(struct work *w)
{
	enum errand_table table = __atomic_load_n(&w->s->fd, __ATOMIC_RELAXED) >= 0 ? ERRAND_COPY : ERRAND_EMPTY;
	if (errand(work, w, table, false) && w->error == -EMFILE)
		errand(work, w, table, true);
	trace_keep_again(w->s);
	return w->done;
}

/* Writes `len` newlines at the file's end. Checks the file-size limit first: past it the kernel would send SIGXFSZ. */
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
	__atomic_store_n(&s->grows_at, watch_clock() + TRIES_AGAIN, __ATOMIC_RELAXED);
	return false;
}

static char *map(struct sink *s, uint64_t n, int fd)
{
	char *place = __atomic_exchange_n(&s->place[n], NULL, __ATOMIC_ACQ_REL);
	char *at = sys_mmap(place, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | (place ? MAP_FIXED : 0), fd,
			    (long)(s->base + n * WINDOW));
	if (!at)
		s->place[n] = place;
	return at;
}

/* Replaces the window instead of unmapping it: a thread that lost its processor in the middle of a line may still write
 * there. */
static void leave_window(struct sink *s, uint64_t n, char *window)
{
	if (sys_mmap(window, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		     -1, 0))
		__atomic_store_n(&s->place[n], window, __ATOMIC_RELEASE);
}

void file_leave(struct sink *s)
{
	for (uint64_t n = 0; n < WINDOWS && n <= s->claimed >> WINDOW_BITS; n++) {
		char *window = __atomic_exchange_n(&s->window[n], NULL, __ATOMIC_ACQ_REL);
		if (window)
			leave_window(s, n, window);
	}
}

static bool map_window(struct work *w, int fd, uint64_t size)
{
	(void)size;
	w->window = map(w->s, w->n, fd);
	return w->window != NULL;
}

char *file_map_window(struct sink *s, uint64_t n)
{
	struct work w = {.s = s, .with = map_window, .n = n};
	char *other = NULL;
	if (file_stuck(s))
		return NULL;
	if (!do_work(&w)) {
		gives_up(s);
		return NULL;
	}
	if (__atomic_compare_exchange_n(&s->window[n], &other, w.window, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		/* The window two back is hardly written any more and need not stay in the host's resident memory. Done
		 * once per window, since shrinking a mapping costs more than everything else here. */
		char *old = n >= 2 ? __atomic_load_n(&s->window[n - 2], __ATOMIC_ACQUIRE) : NULL;
		if (old)
			sys3(SYS_madvise, old, WINDOW, MADV_DONTNEED);
		return w.window;
	}
	leave_window(s, n, w.window);
	return other;
}

static struct sink *whole(struct sink *s) { return s->whole ? s->whole : s; }

static bool append_some(struct work *w, int fd, uint64_t size)
{
	if (__atomic_load_n(&whole(w->s)->gate, __ATOMIC_ACQUIRE) & FINISHED)
		return false;
	return append(fd, size, w->n) || (w->n > GROW && append(fd, size, w->n = GROW));
}

/* Counts bytes against the room of the whole trace. Returns false if it may not have that many more. */
static bool spend(struct sink *s, uint64_t len)
{
	struct sink *all = whole(s);
	if (!all->room || __atomic_add_fetch(&all->spent, len, __ATOMIC_RELAXED) <= all->room)
		return true;
	__atomic_fetch_sub(&all->spent, len, __ATOMIC_RELAXED);
	return false;
}

static void save(struct sink *s, uint64_t len)
{
	if (whole(s)->room)
		__atomic_fetch_sub(&whole(s)->spent, len, __ATOMIC_RELAXED);
}

#define TIGHT (64ul << 20)

static bool extend(struct sink *s, uint64_t end)
{
	for (uint64_t appended; (appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE)) < end;) {
		bool tight = s->room && s->room < TIGHT;
		uint64_t step = appended < FEW || tight ? GROW : GROWN, rest = end - appended;
		if (step < rest) /* at once, since each time costs a thread */
			step = rest < GROWN ? (rest + GROW - 1) & ~(GROW - 1) : GROWN;
		if (!spend(s, step) && !spend(s, step = GROW))
			return false;
		struct work grow = {.s = s, .with = append_some, .n = step};
		__atomic_fetch_add(&whole(s)->extends, 1, __ATOMIC_ACQ_REL);
		bool done = do_work(&grow);
		__atomic_fetch_sub(&whole(s)->extends, 1, __ATOMIC_RELEASE);
		save(s, done ? step - grow.n : step);
		if (!done)
			return gives_up(s);
		uint64_t at = __atomic_fetch_add(&s->appended, grow.n, __ATOMIC_ACQ_REL);
		char *w = s->region ? s->region + (at & ~(WINDOW - 1)) : file_window(s, at >> WINDOW_BITS);
		if (w &&
		    (at & (WINDOW - 1)) + grow.n <= WINDOW) /* one call for many page faults, at a tenth of the price */
			sys3(SYS_madvise, w + (at & (WINDOW - 1)), grow.n, MADV_POPULATE_WRITE);
	}
	return true;
}

/* Where room is short, one thread extends the file for all, since each would add what all need. The others wait a few
 * ms at most. */
static bool extend_alone(struct sink *s, uint64_t end)
{
	enum { YIELDS = 16 };
	for (int turn = 0; turn < YIELDS + PAUSES; turn++) {
		if (!__atomic_exchange_n(&s->growing, 1, __ATOMIC_ACQUIRE)) {
			bool done = extend(s, end);
			__atomic_store_n(&s->growing, 0, __ATOMIC_RELEASE);
			return done;
		}
		if (turn < YIELDS)
			sys0(SYS_sched_yield);
		else
			pause_briefly();
		if (__atomic_load_n(&s->appended, __ATOMIC_ACQUIRE) >= end)
			return true;
	}
	return extend(s, end);
}

bool file_extend(struct sink *s, uint64_t end)
{
	if (__atomic_load_n(&s->appended, __ATOMIC_ACQUIRE) >= end)
		return true;
	if (file_stuck(s))
		return false;
	return s->room || s->whole ? extend_alone(s, end) : extend(s, end);
}

static bool cut(struct work *w, int fd, uint64_t size)
{
	(void)size;
	return !sys2(SYS_ftruncate, fd, w->n);
}

bool file_cut(struct sink *s, uint64_t end)
{
	struct work w = {.s = s, .with = cut, .n = s->base + end};
	return do_work(&w) || !w.gone;
}

/* Records the identity of a new file of ours. */
static void note_file(struct sink *s, long fd, const struct stat *st)
{
	if ((st->st_mode & 0777) != 0600) /* widened meanwhile, or the host's umask removed what reopening needs */
		sys2(SYS_fchmod, fd, 0600);
	s->dev = st->st_dev;
	s->ino = st->st_ino;
}

struct segment_work {
	struct sink *s;
	size_t region, len;
	long error; /* from opening it */
	bool done;
};

static void make_segment(void *p)
{
	struct segment_work *w = p;
	struct stat st;
	long fd = w->error = sys_open(w->s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return;
	w->done = !sys2(SYS_fstat, fd, &st) && append((int)fd, 0, w->len) &&
		  sys_mmap(w->s->region, w->region, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, (int)fd, 0);
	if (w->done)
		note_file(w->s, fd, &st);
	else
		sys3(SYS_unlinkat, AT_FDCWD, w->s->path, 0);
	sys1(SYS_close, fd);
}

bool file_make(struct sink *s, size_t region, size_t len)
{
	struct segment_work w = {.s = s, .region = region, .len = len};
	if (!spend(s, len))
		return false;
	if (errand(make_segment, &w, ERRAND_EMPTY, false) && w.error == -EMFILE)
		errand(make_segment, &w, ERRAND_EMPTY, true);
	if (!w.done)
		save(s, len);
	else
		s->appended = len;
	return w.done;
}

/* The file's name, or the n-th one if earlier ones belong to other processes. */
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

static long begin(struct sink *s, long fd)
{
	struct stat st;
	if (sys2(SYS_fstat, fd, &st))
		return -EBADF;
	note_file(s, fd, &st);
	s->base = ((uint64_t)st.st_size + 4095) & ~4095ull;
	if (s->base != (uint64_t)st.st_size && !append((int)fd, (uint64_t)st.st_size, s->base - (uint64_t)st.st_size))
		return -EIO;
	s->window[0] = map(s, 0, (int)fd);
	return s->window[0] ? 0 : -EIO;
}

/* What an errand found out about the file at s->path. */
struct opening {
	struct sink *s;
	long error;
	struct stat st;
	char line[1024]; /* the first one, perhaps cut short */
};

static void use_new(void *p)
{
	struct opening *o = p;
	long fd = o->error = sys_open(o->s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return;
	o->error = begin(o->s, fd);
	sys1(SYS_close, fd);
}

enum { OLD = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };

static void read_old(void *p)
{
	struct opening *o = p;
	long n = 0, fd = -ENOENT;
	if (!sys4(SYS_newfstatat, AT_FDCWD, o->s->path, &o->st, AT_SYMLINK_NOFOLLOW) && is_plain(&o->st))
		fd = sys_open(o->s->path, O_RDONLY | OLD, 0);
	o->error = fd;
	if (fd < 0)
		return;
	if (!sys2(SYS_fstat, fd, &o->st) && is_plain(&o->st))
		n = sys3(SYS_read, fd, o->line, sizeof o->line - 1);
	sys1(SYS_close, fd);
	o->line[n > 0 ? n : 0] = 0;
	o->line[strcspn(o->line, "\n")] = 0;
}

static void use_old(void *p)
{
	struct opening *o = p;
	struct stat now;
	long fd = o->error = sys_open(o->s->path, O_RDWR | O_APPEND | OLD, 0);
	if (fd < 0)
		return;
	o->error = -EEXIST;
	if (!sys2(SYS_fstat, fd, &now) && is_plain(&now) && now.st_dev == o->st.st_dev && now.st_ino == o->st.st_ino)
		o->error = begin(o->s, fd);
	sys1(SYS_close, fd);
}

static long by_errand(void (*step)(void *), struct opening *o)
{
	o->error = -EAGAIN;
	if (errand(step, o, ERRAND_EMPTY, false) && o->error == -EMFILE)
		errand(step, o, ERRAND_EMPTY, true);
	return o->error;
}

/* Continues a file that this process wrote before an exec. A file of another process, which had the same pid earlier or
 * in another namespace, is read at most. Names and ownership are decided here, because an errand may be another
 * process. */
long file_open(struct sink *s)
{
	enum { MOST = 8192 };
	struct opening o = {.s = s};
	long error = -EEXIST;
	for (unsigned n = 1; error == -EEXIST && n <= MOST; n++) {
		make_path(s->path, n);
		error = by_errand(use_new, &o);
		if (error == -EEXIST && trace_owns && by_errand(read_old, &o) >= 0 && trace_owns(o.line) &&
		    by_errand(use_old, &o) >= 0)
			error = 0;
	}
	return error;
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

/* Whether the host has at most one number left (pipe(2) and the like need two). Checked, since a failure for lack of a
 * descriptor has other causes too. */
static bool is_full(int fd)
{
	long one = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	long other = one < 0 ? one : sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	if (one >= 0)
		sys1(SYS_close, one);
	if (other >= 0)
		sys1(SYS_close, other);
	return other == -EMFILE;
}

bool trace_yield(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	int fd = trace_fd();
	uint64_t size;
	if (fd < 0 || !file_is(s, fd, &size) || !is_full(fd))
		return false;
	if (self_untold()) /* the number is the child's own, but the memory is the parent's */
		return !sys1(SYS_close, fd);
	file_prepare(s); /* once it is closed, the file may be out of reach */
	return __atomic_compare_exchange_n(&s->fd, &fd, NOT_KEPT, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
	       !sys1(SYS_close, fd);
}

uint64_t file_without_newlines(struct sink *s, uint64_t end)
{
	const uint64_t newlines = 0x0a0a0a0a0a0a0a0aull;
	bool more = true;
	while (end && more) {
		uint64_t left = ((end - 1) & (WINDOW - 1)) + 1, word;
		const char *past = file_address(s, end - 1);
		if (!past)
			break;
		for (past++; left >= sizeof word && (memcpy(&word, past - sizeof word, sizeof word), word == newlines);
		     left -= sizeof word)
			past -= sizeof word, end -= sizeof word;
		for (; left && past[-1] == '\n'; left--)
			past--, end--;
		more = !left;
	}
	return end;
}

bool file_detach(struct sink *s, uint64_t end, uint64_t claimed)
{
	for (uint64_t n = 0; n < WINDOWS && n <= claimed >> WINDOW_BITS; n++) {
		uint64_t first = n << WINDOW_BITS, from = (end + 4095) & ~4095ull;
		if (!s->window[n] || first + WINDOW <= from)
			continue;
		uint64_t skip = from > first ? from - first : 0;
		if (!sys_mmap(s->window[n] + skip, WINDOW - skip, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0))
			return false;
	}
	return true;
}

void file_unmap(const struct sink *s)
{
	for (uint64_t n = 0; n < WINDOWS && n <= s->claimed >> WINDOW_BITS; n++)
		if (s->window[n])
			sys2(SYS_munmap, s->window[n], WINDOW);
}

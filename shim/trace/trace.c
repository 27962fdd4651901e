/* The trace file: see trace.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/trace.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/watch.h"
#include "shim/model/words.h"
#include "shim/state/board.h"
#include "shim/state/self.h"
#include "shim/state/thread.h"
#include "shim/trace/file.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/put.h"
#include "shim/trace/room.h"
#include "shim/trace/segments.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

uint64_t trace_events, trace_dropped;
void (*trace_opened)(void);

static char nowhere;
static uint64_t none_closes;
char *trace_writing = &nowhere;
uint64_t *trace_closing = &none_closes;

static bool broken; /* the file cannot be made; no more tries in this process */
static bool opening;
static uint64_t opens_at;  /* the time of the next try, in ns of watch_clock(); 0: at once */
static bool mute;	   /* an event had no file to go to, which the board says */
static unsigned passed;	   /* how many traces were left for another, see trace_leave() */
static struct sink *spare; /* the sink left last: a thread may still look at it */

/* Carries on some of what is open. The lines written for that may leave a block that has room for this line too. */
static char *tend(struct sink *s, size_t len)
{
	if (thread.tending)
		return NULL;
	thread.tending = true;
	__atomic_store_n(&thread.block, 0, __ATOMIC_RELAXED);
	segments_tend(s);
	thread.tending = false;
	return trace_block(len);
}

/* Signals wait until the block is there: a handler that jumped out of here would lose all of it. */
static __attribute__((noinline)) char *renew_block(struct sink *s, size_t len, enum trace_rank rank)
{
	uint64_t next, mask;
	bool bounded = segments_events_at(s);
	if (!bounded && file_stuck(s) &&
	    __atomic_load_n(&s->claimed, __ATOMIC_RELAXED) + len > __atomic_load_n(&s->appended, __ATOMIC_RELAXED)) {
		__atomic_store_n(&thread.block, 0, __ATOMIC_RELAXED);
		return NULL;
	}
	bool masked = mask_signals(&mask);
	char *at = bounded ? tend(s, len) : NULL;
	if (!at) {
		at = room_take(s, len, rank, &next);
		__atomic_store_n(&thread.block, at ? next : 0, __ATOMIC_RELAXED);
	}
	if (!at && segments_events_at(s)) /* another thread has the list of segments, or no segment can go */
		at = room_last(s, len, rank);
	unmask_signals(masked, &mask);
	return at;
}

static bool passes(struct sink *s, enum trace_rank rank);

static inline char *reserve(struct sink *s, size_t len, enum trace_rank rank)
{
	if (__builtin_expect(__atomic_load_n(&s->gate, __ATOMIC_RELAXED), 0) && !passes(s, rank))
		return NULL;
	char *at;
	if (rank > TRACE_CARRY && segments_events_at(s) && ((at = room_last(s, len, rank)) || rank != TRACE_LEAK))
		return at;
	at = trace_block(len);
	return __builtin_expect(at != NULL, 1) ? at : renew_block(s, len, rank);
}

/* Publishes the file and writes its first line, the `process` line, for which other threads wait (see passes). */
static void publish(struct sink *s)
{
	enum { LASTS = 100000000 };
	s->gate = passed ? 1 | LATER : 1;
	s->held_until = watch_clock() + LASTS;
	thread.holds = s;
	__atomic_store_n(&trace_sink, s, __ATOMIC_RELEASE);
	if (options.verbosity)
		say("trace: ", s->path, NULL);
	if (trace_opened)
		trace_opened();
	thread.holds = NULL;
	__atomic_fetch_sub(&s->gate, 1, __ATOMIC_RELEASE);
}

static struct sink *make_sink(void)
{
	static bool said; /* by this process or an ancestor */
	struct sink *s = __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQ_REL);
	if (!s)
		s = sys_mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!s)
		return NULL;
	s->fd = NOT_KEPT;
	long error = file_open(s);
	if (!error) {
		segments_prepare(s);
		publish(s);
		return s;
	}
	/* Descriptors, or a process to work in, may be available later. */
	bool later = error == -EMFILE || error == -ENFILE || error == -EAGAIN;
	__atomic_store_n(&opens_at, later ? watch_clock() + TRIES_AGAIN : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&broken, !later, __ATOMIC_RELAXED);
	if (!later && !__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		say("cannot write the trace ", s->path,
		    ": nothing is recorded; does its folder exist, may this user write there?");
	__atomic_store_n(&spare, s, __ATOMIC_RELEASE); /* a thread may still look at it */
	return NULL;
}

/* One thread makes the file, others wait a second at most, since each would make a file of its own. */
static __attribute__((noinline)) struct sink *open_sink(void)
{
	/* A signal handler that jumped out of here would leave a file without a first line. */
	uint64_t mask;
	bool masked = mask_signals(&mask);
	struct sink *s = NULL;
	for (int turn = 0; turn < 100 * PAUSES && !sys_off() && __atomic_exchange_n(&opening, true, __ATOMIC_ACQUIRE);
	     turn++)
		pause_briefly();
	if (!(s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE)) && !__atomic_load_n(&broken, __ATOMIC_RELAXED))
		s = make_sink();
	__atomic_store_n(&opening, false, __ATOMIC_RELEASE);
	unmask_signals(masked, &mask);
	return s;
}

static inline struct sink *sink(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s || __atomic_load_n(&broken, __ATOMIC_RELAXED))
		return s;
	uint64_t at = __atomic_load_n(&opens_at, __ATOMIC_RELAXED);
	return at && watch_clock() < at ? NULL : open_sink();
}

struct trace_writer trace_writers[TRACE_WRITERS];
static uint64_t taken[TRACE_WRITERS / 64]; /* the bits of those that threads have: the others are pages not touched */

static char *writer(void)
{
	unsigned i = (unsigned)thread_tid() % TRACE_WRITERS;
	uint64_t bit = 1ull << i % 64;
	if (!(__atomic_load_n(&taken[i / 64], __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(&taken[i / 64], bit, __ATOMIC_ACQ_REL);
	return &trace_writers[i].busy;
}

static unsigned next_taken(unsigned i)
{
	while (i < TRACE_WRITERS && !(__atomic_load_n(&taken[i / 64], __ATOMIC_ACQUIRE) >> i % 64 & 1))
		i++;
	return i;
}

/* Whether another thread is writing a line. This one may be too: in a handler that interrupted it. */
static bool others_write(void)
{
	const char *own = thread.putting ? writer() : NULL;
	int busy = 0;
	for (unsigned i = next_taken(0); i < TRACE_WRITERS; i = next_taken(i + 1))
		busy |= &trace_writers[i].busy != own && __atomic_load_n(&trace_writers[i].busy, __ATOMIC_ACQUIRE);
	return busy;
}

/* Waits until no other thread is writing a line: the end of the process would cut it short. Not for long, since a
 * thread that a signal handler took out of its line never finishes. Returns false if some are still busy. */
static bool await_writers(int pauses)
{
	bool busy = true;
	for (int turn = 0; busy && turn < pauses && !sys_off(); turn++) {
		if (turn)
			pause_briefly();
		else
			sys0(SYS_sched_yield); /* by then they see the end, or are seen */
		busy = others_write();
	}
	return !busy;
}

/* Waits until no thread extends the file: what it adds after the cut would stay. None leaves that by a signal. */
static void await_growth(const struct sink *s)
{
	enum { LONG = 100 * PAUSES };
	for (int turn = 0; turn < LONG && __atomic_load_n(&s->extends, __ATOMIC_ACQUIRE) && !sys_off(); turn++)
		pause_briefly();
}

/* Whether a line passes the gate. Waits for threads about to exec, unless in another line, for which those wait. */
static __attribute__((noinline)) bool passes(struct sink *s, enum trace_rank rank)
{
	unsigned gate;
	while ((gate = __atomic_load_n(&s->gate, __ATOMIC_ACQUIRE)) & HOLDS && thread.putting == 1 && !thread.holds &&
	       !sys_off() && watch_clock() < __atomic_load_n(&s->held_until, __ATOMIC_RELAXED)) {
		__atomic_store_n(writer(), 0, __ATOMIC_RELEASE);
		pause_briefly();
		__atomic_store_n(writer(), 1, __ATOMIC_SEQ_CST);
	}
	if (gate & LATER && thread.passed != passed) {
		thread.block = thread.blocks = 0;
		thread.passed = passed;
	}
	return !(gate & FINISHED) && !(gate & FULL && rank <= TRACE_CARRY);
}

/* Writes a line now. Returns its address, or NULL. */
static inline __attribute__((always_inline)) char *put(struct sink *s, const char *line, size_t len,
						       enum trace_rank rank)
{
	struct sink *again;
	char *at = NULL;
	while (s && !(at = reserve(s, len, rank)) && (again = sink()) != s)
		s = again; /* a signal handler forked in between */
	if (at) {
		trace_touch(at, len);
		copy_line(at, line, len);
	}
	return at;
}

/* The `lost` line is written at the first loss; after that the digits of its count are updated in the file itself. */
enum { UNTOLD, BEING_TOLD, TOLD };
enum { COUNT_WIDTH = 16 };

static void write_lost(struct sink *s)
{
	static bool said;
	char line[256];
	bool full = __atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FULL || (segments_events_at(s) && !file_stuck(s));
	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		say("the trace ", s->path,
		    full ? " has met max_bytes: from here on events are counted, not recorded"
			 : " cannot grow: from here on events are counted, not recorded");
	struct jsonl j = jsonl_open(line, sizeof line, "lost");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_int(&j, "tid", thread_tid());
	jsonl_word(&j, "why", loss_name(full ? LOSS_max_bytes : sys_off() ? LOSS_sandbox : LOSS_file));
	char *count = jsonl_key(&j, "dropped", COUNT_WIDTH);
	memset(count, ' ', COUNT_WIDTH - 1);
	count[COUNT_WIDTH - 1] = '0';
	j.at = count + COUNT_WIDTH;
	char *at = put(s, line, jsonl_close(&j), TRACE_END);
	if (at)
		s->lost_count = at + (count - line) + COUNT_WIDTH;
	__atomic_store_n(&s->lost, at ? TOLD : UNTOLD, __ATOMIC_RELEASE);
}

/* Writes the last digit first, so that the file holds a number at each instant. A thread that finds another one writing
 * leaves its own loss to that one. */
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

/* Records a loss that no file can record. */
static void lose_on_board(const struct sink *s, uint64_t n)
{
	struct board *b = board_at_hand();
	if (!b)
		return;
	__atomic_fetch_add(&b->lost, n, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(&mute, true, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&b->mute, 1, __ATOMIC_RELAXED);
		if (s && __atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FULL)
			__atomic_fetch_add(&b->full, 1, __ATOMIC_RELAXED);
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
		lose_on_board(s, 1);
}

static inline __attribute__((always_inline)) char *put_ranked(const char *line, size_t len, enum trace_rank rank)
{
	char *busy = thread.busy = writer();
	thread.putting++;
	__atomic_store_n(busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* set before the gate is read */
	char *at = put(sink(), line, len, rank);
	if (!at && (rank == TRACE_EVENT || rank == TRACE_LEAK))
		trace_lose();
	if (!--thread.putting)
		__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return at;
}

bool trace_put_anyhow(const char *line, size_t len) { return put_ranked(line, len, TRACE_EVENT) != NULL; }

bool trace_put(const char *line, size_t len) { return trace_put_here(line, len); }

__attribute__((noinline)) bool trace_put_as(enum trace_rank rank, const char *line, size_t len)
{
	return put_ranked(line, len, rank) != NULL;
}

void trace_put_first(const char *line, size_t len, const char *writing, const char *closing)
{
	char *at = put_ranked(line, len, TRACE_PLACE);
	if (!at)
		return;
	trace_writing = at + (writing - line);
	trace_closing = (uint64_t *)(((uintptr_t)at + (size_t)(closing - line) + 7) & ~7ul);
}

static void forget_places(void)
{
	trace_writing = &nowhere;
	trace_closing = &none_closes;
}

bool trace_has_room(enum trace_rank rank)
{
	const struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	bool has = !s || room_for(s, rank);
	if (!has && segments_events_at(s)) /* an event without the lines it refers to is incomplete */
		trace_lose();
	return has;
}

void trace_open(void)
{
	if (!trace_is_open() && !__atomic_load_n(&broken, __ATOMIC_RELAXED))
		open_sink();
}

void trace_finish(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || __atomic_fetch_or(&s->gate, FINISHED, __ATOMIC_ACQ_REL) & FINISHED)
		return;
	await_writers(10 * PAUSES);
	await_growth(s);
	segments_finish(s);
	uint64_t appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE),
		 claimed = __atomic_load_n(&s->claimed, __ATOMIC_ACQUIRE), end = claimed;
	if (end > appended)
		end = appended;
	end = file_without_newlines(s, end);
	if (end) /* the newline of the last line */
		end++;
	if (!file_detach(s, end, claimed))
		return;
	uint64_t all =
		__atomic_load_n(&trace_events, __ATOMIC_RELAXED) + __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED);
	if (!file_cut(s, end) && all) /* a file out of reach keeps its newlines */
		lose_on_board(s, all);
	/* Nothing needs it any more, and tools like Valgrind report what is open at the end. */
	int fd = __atomic_exchange_n(&s->fd, NOT_KEPT, __ATOMIC_ACQ_REL);
	uint64_t size;
	if (file_is(s, fd, &size))
		sys1(SYS_close, fd);
}

void trace_hold(bool on)
{
	enum { LASTS = 5000000 }; /* ns that a line waits at most, in all */
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (!s || self_untold() || on == (thread.holds == s))
		return;
	if (!on) {
		thread.holds = NULL;
		__atomic_fetch_sub(&s->gate, 1, __ATOMIC_RELEASE);
		return;
	}
	thread.holds = s;
	__atomic_store_n(&s->held_until, watch_clock() + LASTS, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->gate, 1, __ATOMIC_SEQ_CST);
	await_writers(PAUSES);
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

void trace_leave(void)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	__atomic_store_n(&broken, true, __ATOMIC_SEQ_CST);
	trace_finish();
	__atomic_store_n(&trace_sink, NULL, __ATOMIC_SEQ_CST);
	forget_places();
	passed++;
	if (!s)
		return;
	bool quiet = await_writers(PAUSES); /* a writer may go unseen, so nothing is unmapped */
	file_leave(s);
	segments_leave(s);
	if (!quiet || segments_events_at(s))
		return;
	memset(s->pane, 0, ((s->claimed >> WINDOW_BITS) + 1) * sizeof *s->pane);
	s->base = s->claimed = s->appended = s->grows_at = s->room = s->spent = 0;
	s->lost = s->counting = s->growing = s->secluded = 0;
	__atomic_store_n(&spare, s, __ATOMIC_RELEASE);
}

void trace_again(void)
{
	trace_events = trace_dropped = 0;
	opens_at = mute = 0;
	__atomic_store_n(&broken, false, __ATOMIC_RELEASE);
}

void trace_forget(void)
{
	struct sink *s = trace_sink;
	thread.block = 0;
	thread.blocks = 0;
	thread.busy = NULL;
	thread.tending = false;
	trace_events = trace_dropped = 0;
	for (unsigned i = next_taken(0); i < TRACE_WRITERS; i = next_taken(i + 1))
		if (trace_writers[i].busy) /* read first: a write would copy the page */
			trace_writers[i].busy = 0;
	if (!thread.putting) /* else a frame below the handler that forked may use it; the child then maps its own */
		trace_scratch_forget();
	errand_forget();
	trace_sink = NULL;
	forget_places();
	broken = opening = mute = false;
	opens_at = 0;
	thread.holds = NULL;
	if (!s)
		return;
	s->gate = FINISHED;
	uint64_t size;
	if (file_is(s, s->fd, &size))
		sys1(SYS_close, s->fd);
	s->fd = NOT_KEPT;
	if (thread.putting) /* a frame below the handler that forked still writes there */
		return;
	segments_forget(s);
	file_unmap(s);
}

void trace_prepare(void)
{
	struct sink *s = sink();
	if (s)
		file_prepare(s);
}

void trace_seclude(void)
{
	trace_open();
	trace_keep();
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s && __atomic_load_n(&s->fd, __ATOMIC_RELAXED) < 0) /* no number to spare */
		file_prepare(s);
}

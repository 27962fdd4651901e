/* What a trace with bounds keeps of the lines it drops: see carry.h.
 *
 * A round walks the descriptor table and then the places, in steps: each time a thread has filled a block of the trace,
 * it takes as many steps as the round is behind. So no thread pays for the whole table, and the round ends a few
 * segments after it began.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/carry.h"

#include "shim/kernel/sys.h"
#include "shim/stack/stack.h"
#include "shim/state/mix.h"
#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/track/trail.h"

#include <string.h>
#include <sys/socket.h>

static bool round_fails; /* a line of the present round found no room */

/* -- lines ------------------------------------------------------------------------------------------------------- */

static struct jsonl begin(char *line, const char *ev, uint64_t t)
{
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, ev);
	jsonl_uint(&j, "t", t);
	jsonl_int(&j, "pid", process_pid());
	return j;
}

static void put_addresses(struct jsonl *j, int fd, struct life life)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	if (life_kind(life) != KIND_socket || sys_off())
		return;
	/* A socket that the program did not bind has no local address in any other line either. */
	bool bound = life.flags & (WAS_BOUND | WAS_LISTENING | INHERITED) || life.state == STATE_BOUND;
	if (bound && !sys3(SYS_getsockname, fd, &address, &len))
		jsonl_address(j, "local", (void *)&address, len);
	len = sizeof address;
	if (!sys3(SYS_getpeername, fd, &address, &len))
		jsonl_address(j, "peer", (void *)&address, len);
}

static void put_mark(struct jsonl *j, const char *t, const char *tid, const char *op, struct mark mark)
{
	if (!mark.who)
		return;
	jsonl_uint(j, t, mark.t);
	jsonl_int(j, tid, mark_tid(mark));
	jsonl_word(j, op, mark_op(mark));
}

static void put_life(struct jsonl *j, const struct socket *s, struct life life)
{
	static const struct {
		const char *key;
		uint8_t flag;
	} flags[] = {{"connected", WAS_CONNECTED}, {"listened", WAS_LISTENING}, {"inherited", INHERITED}};
	static const struct {
		const char *key;
		uint32_t failed;
	} failures[] = {{"connect_failed", FAILED_CONNECT}, {"bind_failed", FAILED_BIND}, {"reset", FAILED_RESET}};
	uint64_t cookie = socket_cookie(s), gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED),
		 gone = __atomic_load_n(&s->gone, __ATOMIC_RELAXED);
	uint32_t failed = __atomic_load_n(&s->failed, __ATOMIC_RELAXED);
	jsonl_word(j, "state", state_name(life.state));
	record_kind(j, life);
	if (s->stack)
		jsonl_uint(j, "stack", s->stack);
	if (s->rx)
		jsonl_uint(j, "rx", s->rx);
	if (s->tx)
		jsonl_uint(j, "tx", s->tx);
	if (s->last)
		jsonl_uint(j, "last", s->last);
	if (gap >= WAIT_TOLD)
		jsonl_uint(j, "gap", gap);
	if (gone && (life.state == STATE_CLOSE_WAIT || life.state == STATE_CLOSING || failed & FAILED_RESET))
		jsonl_uint(j, "gone", gone);
	if (cookie)
		jsonl_digits(j, "cookie", cookie);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (life.flags & flags[i].flag)
			jsonl_bool(j, flags[i].key, true);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failed & failures[i].failed)
			jsonl_bool(j, failures[i].key, true);
	uint8_t told = __atomic_load_n(&s->told, __ATOMIC_RELAXED);
	if (told & TOLD_INTENDED)
		jsonl_bool(j, "intended", true);
	if (told & TOLD_USED)
		jsonl_bool(j, "used", true);
}

/* The listener's descriptor, if it still is a listening socket older than this one. */
static void put_listener(struct jsonl *j, const struct socket *s)
{
	const struct socket *listener = s->listener > 0 ? socket_of(fd_load(s->listener - 1)) : NULL;
	if (listener && listener != s && socket_life(listener).state == STATE_LISTENING &&
	    socket_id(listener) < socket_id(s))
		jsonl_int(j, "listener", s->listener - 1);
}

/* Writes a line for an open descriptor. Returns false if it has changed meanwhile or there is no room. */
static bool write_open(int fd, fd_word w, enum trace_rank rank, uint64_t round)
{
	struct socket *s = socket_of(w);
	char *line = s ? trace_scratch() : NULL;
	if (!line) {
		if (s)
			__atomic_store_n(&round_fails, true, __ATOMIC_RELAXED);
		return false;
	}
	/* The line has what happened before its time; the entry is checked again afterwards. */
	struct jsonl j = begin(line, "checkpoint", trace_now());
	struct life life = socket_life(s);
	jsonl_int(&j, "fd", fd);
	jsonl_uint(&j, "sock", socket_id(s));
	put_mark(&j, "made", "tid", "op", trail_of(fd).made);
	put_life(&j, s, life);
	put_listener(&j, s);
	put_addresses(&j, fd, life);
	if (!sys_off() && sys2(SYS_fcntl, fd, F_GETFD) == FD_CLOEXEC)
		jsonl_bool(&j, "cloexec", true);
	if (round)
		jsonl_uint(&j, "round", round);
	bool same = socket_of(w) == s && fd_load(fd) == w, written = same && trace_put_as(rank, line, jsonl_close(&j));
	if (same && !written)
		__atomic_store_n(&round_fails, true, __ATOMIC_RELAXED);
	trace_scratch_end(line);
	return written;
}

/* The same for a closed descriptor, for lines that come later. Its record may belong to another socket by now. */
static bool write_closed(int fd, fd_word w, uint64_t sock)
{
	struct trail trail = trail_of(fd);
	uint32_t index = (uint32_t)(w >> 42), made = mark_stack(trail.made), closed = mark_stack(trail.closed);
	const struct socket *s = index ? socket_at(index) : NULL;
	char *line = trail.made.who && trail.closed.who ? trace_scratch() : NULL;
	if (!line)
		return false;
	struct jsonl j = begin(line, "checkpoint", trace_now());
	jsonl_int(&j, "fd", fd);
	jsonl_uint(&j, "sock", sock);
	put_mark(&j, "made", "tid", "op", trail.made);
	jsonl_word(&j, "state", state_name(STATE_CLOSED));
	if (s && socket_id(s) == sock)
		record_kind(&j, socket_life(s));
	if (made)
		jsonl_uint(&j, "stack", made);
	put_mark(&j, "closed_t", "closed_tid", "closed_op", trail.closed);
	if (closed)
		jsonl_uint(&j, "closed", closed);
	bool written = trace_put_as(TRACE_PLACE, line, jsonl_close(&j));
	trace_scratch_end(line);
	return written;
}

static struct round {
	uint64_t number;     /* from 1 on */
	uint64_t since;	     /* sockets made later are in segments that stay */
	uint64_t up_to;	     /* the last segment that may go after this round */
	uint64_t bytes;	     /* of events, when it began */
	uint64_t lines;	     /* descriptors written so far */
	uint32_t fds, steps; /* for descriptors; and in all, with those for places, which follow */
	uint32_t done;	     /* steps finished */
} round_;
static bool bounds_told;

static bool write_round(enum trace_rank rank, uint64_t t, const struct round *r)
{
	char line[256];
	struct jsonl j = jsonl_open(line, sizeof line, "round");
	jsonl_uint(&j, "t", t);
	jsonl_int(&j, "pid", process_pid());
	jsonl_uint(&j, "round", r->number);
	jsonl_uint(&j, "since", r->since);
	jsonl_uint(&j, "lines", r->lines);
	return trace_put_as(rank, line, jsonl_close(&j));
}

/* Tells the analyzer from when on closed sockets are counted. */
static void tell_bounds(void)
{
	if (!__atomic_exchange_n(&bounds_told, true, __ATOMIC_RELAXED))
		write_round(TRACE_PLACE, trace_bounds(), &(struct round){0});
}

/* -- closed sockets ---------------------------------------------------------------------------------------------- */

struct sum {
	uint64_t closed, rx, tx, open;
};

/* By the stack that made the sockets; mapped with the first count, since a host may have little room. Sockets without a
 * stack, or with a larger id, go to `nowhere`. */
static struct sum *sums, nowhere;

static bool summed; /* some sum is not 0 */
/* Ids up to this one are the parent's: a record that another thread of the parent was about to enter or release is no
 * descriptor of this process. */
static uint64_t others;

static struct sum *sum_at(uint32_t place)
{
	struct sum *all = __atomic_load_n(&sums, __ATOMIC_ACQUIRE);
	return place && all ? &all[place] : place ? NULL : &nowhere;
}

static struct sum *sum_of(const struct socket *s)
{
	bool placed = s->stack && s->stack <= STACK_IDS && part((void **)&sums, (STACK_IDS + 1) * sizeof *sums);
	return placed ? sum_at(s->stack) : &nowhere;
}

static bool is_counted(const struct socket *s)
{
	struct life life = socket_life(s);
	return !(life.flags & INHERITED) && life_kind(life) == KIND_socket;
}

bool carry_drop_counted(fd_word w)
{
	const struct socket *s = socket_of(w);
	struct sum one = {.closed = 1}, *sum = &nowhere;
	bool counts = false;
	if (s) {
		counts = is_counted(s);
		one.rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
		one.tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
		sum = sum_of(s);
	}
	watch_closed();
	bool last = socket_unref(w);
	if (!last || !counts)
		return last;
	if (!__atomic_load_n(&summed, __ATOMIC_RELAXED))
		__atomic_store_n(&summed, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sum->closed, 1, __ATOMIC_RELAXED);
	if (one.rx)
		__atomic_fetch_add(&sum->rx, one.rx, __ATOMIC_RELAXED);
	if (one.tx)
		__atomic_fetch_add(&sum->tx, one.tx, __ATOMIC_RELAXED);
	return last;
}

/* `ends`: with the number of open sockets. `more`: not every line of this code is kept. */
static bool write_place(uint32_t stack, const struct sum *sum, enum violation more, bool ends, enum trace_rank rank)
{
	char line[256];
	struct jsonl j = jsonl_open(line, sizeof line, "place");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	if (stack)
		jsonl_uint(&j, "stack", stack);
	jsonl_uint(&j, "closed", sum->closed);
	if (sum->rx)
		jsonl_uint(&j, "rx", sum->rx);
	if (sum->tx)
		jsonl_uint(&j, "tx", sum->tx);
	if (ends)
		jsonl_uint(&j, "open", sum->open);
	if (more)
		jsonl_str(&j, "violation", violation_name(more));
	return trace_put_as(rank, line, jsonl_close(&j));
}

static bool write_places(uint32_t first, uint32_t n, bool ends, enum trace_rank rank)
{
	bool whole = true;
	for (uint32_t i = first; i < first + n && i <= STACK_IDS; i++) {
		const struct sum *at = sum_at(i);
		if (!at)
			break;
		struct sum sum = {__atomic_load_n(&at->closed, __ATOMIC_RELAXED),
				  __atomic_load_n(&at->rx, __ATOMIC_RELAXED),
				  __atomic_load_n(&at->tx, __ATOMIC_RELAXED), ends ? at->open : 0};
		if (sum.closed || sum.open)
			whole &= write_place(i, &sum, VIOLATION_none, ends, rank);
	}
	return whole;
}

static void count_open(void)
{
	const struct socket *s;
	struct sum *at;
	for (uint32_t i = 0; i <= STACK_IDS && (at = sum_at(i)); i++)
		if (at->open) /* counted before an exec that failed */
			at->open = 0;
	for (uint32_t i = 1; (s = socket_alive(&i)); i++)
		if (is_counted(s) && socket_id(s) > others)
			sum_of(s)->open++;
	summed = true;
}

void carry_places(enum trace_rank rank)
{
	static int at_it; /* another thread may be writing them for another exec */
	if (trace_bounds() == UINT64_MAX || __atomic_exchange_n(&at_it, 1, __ATOMIC_ACQUIRE))
		return;
	tell_bounds();
	count_open();
	if (!write_places(0, STACK_IDS + 1, true, rank))
		trace_lose(); /* the sums are incomplete then */
	__atomic_store_n(&at_it, 0, __ATOMIC_RELEASE);
}

/* -- violations -------------------------------------------------------------------------------------------------- */

/* The most lines kept for one code and place. That there are more is written once, since their lines may be removed. */
enum { MOST = 32, SLOTS = 4096, PROBES = 16 };
static uint64_t rows[SLOTS]; /* code, stack, and a count of 8 bits, which stops at MOST + 1 */
static uint64_t crowded;     /* codes for which a place found no row; one bit for each code that was reported */
static bool rows_used;
_Static_assert(VIOLATIONS <= 64, "crowded has a bit for each");

static void tell_more(enum violation code, uint32_t stack)
{
	uint32_t place = stack <= STACK_IDS ? stack : 0;
	const struct sum *at = sum_at(place);
	struct sum sum = {.closed = at ? __atomic_load_n(&at->closed, __ATOMIC_RELAXED) : 0};
	if (!write_place(place, &sum, code, false, TRACE_PLACE))
		trace_lose();
}

static bool may_keep(enum violation code, uint32_t stack)
{
	uint64_t key = ((uint64_t)code << 40 | (uint64_t)stack << 8) + (1ull << 56), bit = 1ull << code;
	if (!__atomic_load_n(&rows_used, __ATOMIC_RELAXED))
		__atomic_store_n(&rows_used, true, __ATOMIC_RELAXED);
	for (unsigned i = 0, at = (unsigned)(mix(key, 0) >> 40); i < PROBES; i++) {
		uint64_t *row = &rows[(at + i) % SLOTS], seen = __atomic_load_n(row, __ATOMIC_RELAXED);
		if (!seen && __atomic_compare_exchange_n(row, &seen, key, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			seen = key;
		if ((seen & ~0xffull) != key)
			continue;
		while ((seen & 0xff) <= MOST &&
		       !__atomic_compare_exchange_n(row, &seen, seen + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
		if ((seen & 0xff) == MOST)
			tell_more(code, stack);
		return (seen & 0xff) < MOST;
	}
	if (!(__atomic_fetch_or(&crowded, bit, __ATOMIC_RELAXED) & bit))
		tell_more(code, 0);
	return false;
}

bool carry_life(int fd, uint64_t sock, enum violation code)
{
	fd_word w = fd_load(fd), was = fd_ending(w);
	struct socket *s = socket_of(was ? was : w);
	if (s && socket_id(s) != sock)
		s = NULL;
	if (trace_bounds() == UINT64_MAX || !may_keep(code, s ? s->stack : mark_stack(trail_of(fd).made)) ||
	    !trace_has_room(TRACE_PLACE))
		return false;
	if (s && !was)
		write_open(fd, w, TRACE_PLACE, 0);
	else if (sock && fd_kind(w) == FD_CLOSED && fd_closed_sock(w) == sock)
		write_closed(fd, w, sock);
	return true;
}

/* The same for the socket of `e`, whose line is about to be written. */
static bool keeps(const struct event *e)
{
	enum { LONG = 10 };
	if (!e->violation && e->waited < LONG * 1000000000ull)
		return false;
	return carry_life(e->fd, e->sock, e->violation ? e->violation : VIOLATION_no_timeout);
}

/* -- rounds ------------------------------------------------------------------------------------------------------ */

enum { STEP = 64, PLACE_STEPS = STACK_IDS / STEP + 1 };

/* The next step, with the round's number in the high half to reject a thread that comes late. A thread that has a step
 * keeps the round from ending. */
static uint64_t next_step;
static int round_is; /* IDLE, BEGINS, RUNS */
enum { IDLE, BEGINS, RUNS };

static void begin_round(const struct trace_bounds *b)
{
	int idle = IDLE;
	if (b->number < 3 || !b->since ||
	    !__atomic_compare_exchange_n(&round_is, &idle, BEGINS, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	round_fails = false;
	uint32_t fds = ((uint32_t)fd_end() + STEP - 1) / STEP;
	round_ = (struct round){.number = round_.number + 1,
				.since = b->since,
				.up_to = b->number - 2,
				.bytes = b->bytes,
				.fds = fds,
				.steps = fds + PLACE_STEPS};
	__atomic_store_n(&next_step, round_.number << 32, __ATOMIC_RELEASE);
	__atomic_store_n(&round_is, RUNS, __ATOMIC_RELEASE);
}

/* Sockets made since then have their first line in a segment that stays. */
static void carry_step(uint32_t step)
{
	uint64_t lines = 0;
	for (int fd = (int)step * STEP; fd < (int)(step + 1) * STEP; fd++) {
		fd_word w = fd_load(fd);
		if (fd_kind(w) == FD_SOCKET && trail_of(fd).made.t < round_.since)
			lines += write_open(fd, w, TRACE_CARRY, round_.number);
	}
	__atomic_fetch_add(&round_.lines, lines, __ATOMIC_RELAXED);
}

/* Every open socket made before `since` now has a line of this round. */
static void end_round(void)
{
	if (!round_fails && write_round(TRACE_CARRY, trace_now(), &round_))
		trace_carried(round_.up_to);
	__atomic_store_n(&round_is, IDLE, __ATOMIC_RELEASE);
}

/* Takes the next step, if it is due. */
static bool take_step(const struct trace_bounds *b, uint32_t *step)
{
	uint64_t next = __atomic_load_n(&next_step, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&round_is, __ATOMIC_ACQUIRE) != RUNS)
		return false;
	uint64_t steps = round_.steps, past = b->bytes > round_.bytes ? b->bytes - round_.bytes : 0;
	*step = (uint32_t)next;
	return *step < (b->all || past >= b->round ? steps : steps * past / b->round + 1) && *step < steps &&
	       __atomic_compare_exchange_n(&next_step, &next, next + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void carry_on(const struct trace_bounds *b)
{
	tell_bounds();
	if (b->due || b->all)
		begin_round(b);
	for (uint32_t step; take_step(b, &step);) {
		uint32_t steps = round_.steps;
		bool fails = false;
		if (step < round_.fds)
			carry_step(step);
		else
			fails |= !write_places((step - round_.fds) * STEP, STEP, false, TRACE_CARRY);
		if (fails)
			__atomic_store_n(&round_fails, true, __ATOMIC_RELAXED);
		if (__atomic_add_fetch(&round_.done, 1, __ATOMIC_ACQ_REL) == steps)
			end_round();
	}
}

static void sums_forget(void)
{
	nowhere = (struct sum){0};
	if (sums)
		memset(sums, 0, (STACK_IDS + 1) * sizeof *sums);
}

void carry_init(void)
{
	trace_carry = carry_on;
	event_keeps = keeps;
}

void carry_forget(void)
{
	round_is = IDLE;
	bounds_told = false;
	round_ = (struct round){0};
	if (summed)
		sums_forget();
	trace_bounded = UINT64_MAX;
	summed = false;
	if (rows_used)
		memset(rows, 0, sizeof rows);
	rows_used = false;
	crowded = 0;
	others = socket_last();
}

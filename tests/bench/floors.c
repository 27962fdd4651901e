/* The least that each part of a recorded call takes, written plainly: floors TIMES SIZE PART... does each so often, in a function of its own,
 * for lines of that size; `nothing` is the loop alone. instructions.py --floors counts the instructions of each. No part is of use alone, and none may
 * know what the shim cannot know: what it reads comes from memory, what it finds it stores there.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unwind.h>

enum { DEPTH = 16, WORDS = 64, AT_ONCE = 8 };

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define STORE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define HIDDEN(x) __asm__ volatile("" : "+r"(x)) /* the compiler knows no more what it is */
#define FAILS(condition) (__builtin_expect(condition, 0))
#define STEP static inline __attribute__((always_inline)) void

static void never(void)
{
	fputs("floors: a check failed\n", stderr);
	exit(1);
}

/* ---- The caller's stack: each word of its walk is read, and compared with what it was. */

static struct walk {
	uint64_t head;
	unsigned words;
	struct {
		const uintptr_t *at;
		uintptr_t is;
	} word[WORDS];
} walk;

static _Unwind_Reason_Code remember(struct _Unwind_Context *context, void *first)
{
	const uintptr_t *at = (const uintptr_t *)_Unwind_GetCFA(context) - 1;

	/* The frames below are those of the part; a hook and what it calls have their place. */
	if (_Unwind_GetIP(context) && walk.words < WORDS && *at == _Unwind_GetIP(context) &&
	    (uintptr_t)at > (uintptr_t)first) {
		walk.word[walk.words].at = at;
		walk.word[walk.words++].is = *at;
	}
	return _URC_NO_REASON;
}

STEP stack(void)
{
	uint64_t head = LOAD(walk.head);
	const __typeof__(*walk.word) *w = walk.word, *end = w + walk.words;

	/* Another thread may replace the entry; then its addresses may be of no use: looked at once for eight. */
	do {
#define EIGHT_TIMES(what) what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)
#define ADDRESS(i) const uintptr_t *at##i = LOAD(w[i].at);
#define COMPARED(i) || *at##i != LOAD(w[i].is)
		EIGHT_TIMES(ADDRESS)
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (FAILS(LOAD(walk.head) != head EIGHT_TIMES(COMPARED)))
			never();
	} while ((w += AT_ONCE) < end);
}

/* ---- A line: its constant texts and kept numbers, the digits of its time, its room, its copy. */

typedef uint64_t vector __attribute__((vector_size(16), may_alias, aligned(1)));
static char line[512] __attribute__((aligned(64))), file[1 << 20], texts[512] __attribute__((aligned(64)));
static __thread uint64_t block;
static uint64_t kept_text = (uint64_t)'7' | 1ull << 40 | 7ull << 48, number = 7, now = 1234567890123;
static unsigned size = 192, kept_len = 9;
static uint64_t lines;

/* Of constant text, `size` bytes: it is loaded and stored. */
STEP text(void)
{
#pragma GCC unroll 16
	for (unsigned i = 0; i < size / 16; i++) {
		vector v = *(const vector *)(texts + 16 * i);
		*(vector *)(line + 16 * i) = v;
		__asm__ volatile("" ::: "memory");
	}
}

/* Of a number whose digits are kept: that it is the same, its digits, how many they are. */
STEP numeral(void)
{
	uint64_t is = LOAD(kept_text);
	char *at = line;

	HIDDEN(at);
	if (FAILS(is >> 48 != number))
		never();
	memcpy(at, &is, sizeof is);
	at += is >> 40 & 0xff;
	HIDDEN(at);
}

/* The last eight digits of a time, which are new in each line; those before are compared with what they were. */
STEP digits(void)
{
	uint64_t t = LOAD(now), high = t / 100000000, n, x;

	if (FAILS(high != 12345))
		never();
	n = t - high * 100000000;
	high = n / 10000, x = high | (n - high * 10000) << 32;
	high = (x * 10486 >> 20) & 0x7f0000007full, x = high | (x - high * 100) << 16;
	high = (x * 103 >> 10) & 0xf000f000f000full, x = high | (x - high * 10) << 8;
	x |= 0x3030303030303030ull;
	memcpy(line + kept_len, &x, sizeof x);
}

/* Room in the thread's block, which a signal handler shares, and a page that is there before the first byte is written. */
STEP room(void)
{
	uint64_t at = __atomic_fetch_add(&block, 0, __ATOMIC_RELAXED);

	if (FAILS(at + size > sizeof file))
		never();
	((volatile char *)file)[at] = '\n';
	((volatile char *)file)[at + size - 1] = '\n';
	__atomic_fetch_add(&lines, 1, __ATOMIC_RELAXED);
}

/* All of it is loaded before the first vector is stored. */
STEP copy_of(unsigned vectors)
{
	vector v[16];
#pragma GCC unroll 16
	for (unsigned i = 0; i < vectors; i++) {
		v[i] = *(const vector *)(line + 16 * i);
#if defined(__x86_64__)
		__asm__ volatile("" : "+x"(v[i]));
#endif
	}
	__asm__ volatile("" ::: "memory");
#pragma GCC unroll 16
	for (unsigned i = 0; i < vectors; i++)
		*(vector *)(file + 16 * i) = v[i];
	__asm__ volatile("" ::: "memory");
}
STEP copy(void)
{
	switch ((size + 31) / 32) {
	case 1 ... 4: copy_of(8); break;
	case 5: copy_of(10); break;
	case 6: copy_of(12); break;
	case 7: copy_of(14); break;
	default: copy_of(16);
	}
}

/* ---- Time. */

static uint64_t latest, last, gap = 1ull << 62;
static struct timespec began;

/* One that no other line has, later than all before. */
STEP exact(void)
{
	struct timespec ts;
	uint64_t t, seen;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	t = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	seen = LOAD(latest);
	if (FAILS(t <= seen ||
		  !__atomic_compare_exchange_n(&latest, &seen, t, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)))
		never();
}

/* Around a call that may wait. */
STEP coarse(void)
{
	struct timespec ended;
	uint64_t t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &began);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ended);
	t = (uint64_t)ended.tv_sec * 1000000000 + (uint64_t)ended.tv_nsec;
	if (FAILS(t - ((uint64_t)began.tv_sec * 1000000000 + (uint64_t)began.tv_nsec) >= 100000000 || t - last > gap))
		never();
	STORE(last, t);
}

/* ---- The table, the record of the socket, the trail of the number. */

static struct record {
	uint64_t refs, rx, tx, last, gap, life, sock;
	int inside[2], maker;
	uint32_t stack, told, waited, cause, next, index;
	uint64_t cookie;
} __attribute__((aligned(128))) pool[64];
static uint64_t entries[64], free_list = 5, numbers;
static int fd = 3, plain_below = 64, thread_id = 77, open_sockets, mark = INT_MAX;

/* A record from the list of free ones, cleared; a number for it; the entry; one open socket more. */
STEP make(void)
{
	uint64_t head = LOAD(free_list), next = ((head >> 32) + 1) << 32 | 5, refs;
	struct record *r = &pool[head & 63];

	if (FAILS(!(uint32_t)head || fd >= LOAD(plain_below) ||
		  !__atomic_compare_exchange_n(&free_list, &head, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)))
		never();
	r->rx = r->tx = r->last = r->gap = r->cookie = 0;
	r->stack = r->told = r->waited = r->cause = 0;
	r->life = 0x010201;
	r->maker = thread_id;
	r->inside[0] = r->inside[1] = -thread_id;
	r->sock = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
	refs = LOAD(r->refs) + 1;
	__atomic_store_n(&r->refs, refs, __ATOMIC_RELEASE);
	if (FAILS((__atomic_exchange_n(&entries[fd], (head & 63) << 32 | (refs >> 32) << 2 | 2, __ATOMIC_ACQ_REL) &
		   3) == 3))
		never();
	if (FAILS(__atomic_add_fetch(&open_sockets, 1, __ATOMIC_RELAXED) > LOAD(mark)))
		never();
}

/* The entry becomes a tombstone before the call; after it the record goes back to the list. */
STEP unmake(void)
{
	uint64_t word = LOAD(entries[fd]), head = LOAD(free_list), refs, was = word;
	struct record *r = &pool[word >> 32 & 63];

	if (FAILS((word & 3) != 2 || !__atomic_compare_exchange_n(&entries[fd], &was, r->sock << 3 | 2, false,
								  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)))
		never();
	refs = LOAD(r->refs);
	if (FAILS(!__atomic_compare_exchange_n(&r->refs, &refs, 0, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)))
		never();
	STORE(r->next, (uint32_t)head);
	if (FAILS(!__atomic_compare_exchange_n(&free_list, &head, ((head >> 32) + 1) << 32 | 5, true, __ATOMIC_ACQ_REL,
					       __ATOMIC_RELAXED)))
		never();
	if (FAILS(__atomic_sub_fetch(&open_sockets, 1, __ATOMIC_RELAXED) > LOAD(mark)))
		never();
}

static struct trail {
	uint64_t who, t;
} trail[64][4];
static uint64_t kind = 1, place = 0x4711, stack_id = 3;

/* Two words: who, when, but not before the mark that it follows. */
STEP marked(void)
{
	struct trail *m = trail[fd];
	uint64_t t = LOAD(now), before = LOAD(m[2].t);

	STORE(m[3].who, ((place << 4 | kind) << 22 | (uint64_t)thread_id) << 16 | stack_id);
	STORE(m[3].t, t > before ? t : before + 1);
}

/* What was the last life becomes the one before. */
STEP moved(void)
{
	struct trail *m = trail[fd];

	STORE(m[0].who, LOAD(m[2].who));
	STORE(m[0].t, LOAD(m[2].t));
	STORE(m[1].who, LOAD(m[3].who));
	STORE(m[1].t, LOAD(m[3].t));
}

/* ---- What the call did, who else is inside, and whether anything of it is recorded. */

static bool on = true, registered;
static __thread int vforked;
static int one = 1, *alive = &one, unread, swept = 3;
static uint64_t bounds = UINT64_MAX;
static char writing;

STEP recorded(void)
{
	if (FAILS(!LOAD(on) || LOAD(vforked) || *LOAD(alive) != 1))
		never();
}

/* A close: nobody is inside, nothing is registered, the trace has no bounds, the run of closes goes on, no long silence. */
STEP closed(void)
{
	const struct record *r = &pool[5];
	int reads = LOAD(r->inside[0]), writes = LOAD(r->inside[1]);
	uint32_t life = (uint32_t)LOAD(r->life);

	if (FAILS(reads > 0 || writes > 0 || LOAD(registered) || LOAD(bounds) != UINT64_MAX || (life & 0xff) == 3 ||
		  life >> 24 & 0x60 || LOAD(r->maker) == -1 || LOAD(r->gap) > gap || LOAD(unread)))
		never();
	if (FAILS(fd - swept > 8))
		never();
	STORE(swept, fd);
}

/* The entry is a socket's, its record allows what is done, and the entry is the same afterwards. */
STEP entry(void)
{
	uint64_t word = LOAD(entries[4]);
	const struct record *r = &pool[word >> 32];

	if (FAILS((word & 3) != 2 || (LOAD(r->life) & 0xff) != 4))
		never();
	__asm__ volatile("" ::: "memory");
	if (FAILS(LOAD(entries[4]) != word))
		never();
}

/* The thread is in the call, which nobody else was, and leaves it; the bytes are counted. */
STEP moves(void)
{
	struct record *r = &pool[5];

	if (FAILS(LOAD(r->inside[0]) + thread_id))
		never();
	STORE(r->inside[0], thread_id);
	__asm__ volatile("" ::: "memory");
	if (FAILS(LOAD(r->inside[0]) != thread_id))
		never();
	STORE(r->inside[0], -thread_id);
	__atomic_fetch_add(&r->rx, 1, __ATOMIC_RELAXED);
}

/* A death by SIGPIPE between both is of a write to a socket. */
STEP writes(void)
{
	STORE(writing, '1');
	__asm__ volatile("" ::: "memory");
	STORE(writing, '0');
}

/* ---- A hook: a call more, and what is needed again of its arguments is kept while a clock is read. */

static __attribute__((noinline)) long real(long a, long b, long c, long d)
{
	__asm__ volatile("" : "+r"(a) : "r"(b), "r"(c), "r"(d) : "memory");
	return a;
}
static long (*real_at)(long, long, long, long) = real;

static __attribute__((noinline)) long hook(long a, long b, long c, long d)
{
	__asm__ volatile("" : "+m"(a), "+m"(b), "+m"(c), "+m"(d));
	long ret = LOAD(real_at)(a, b, c, d);
	if (FAILS(ret <= 0))
		never();
	return ret;
}
STEP hooked(void) { hook(1, 2, 3, 4); }
STEP unhooked(void) { LOAD(real_at)(1, 2, 3, 4); }
STEP nothing(void) {}

/* ---- */

#define PARTS(part)                                                                                                    \
	part(nothing) part(stack) part(text) part(numeral) part(digits) part(room) part(copy) part(exact) part(coarse) \
		part(make) part(unmake) part(marked) part(moved) part(recorded) part(closed) part(entry) part(moves)   \
			part(writes) part(hooked) part(unhooked)
#define REPEATED(part)                                               \
	static __attribute__((noinline)) void all_##part(long times) \
	{                                                            \
		for (; times > 0; times--) {                         \
			part();                                      \
			__asm__ volatile("" ::: "memory");           \
		}                                                    \
	}
PARTS(REPEATED)

static const struct {
	const char *name;
	void (*repeated)(long times);
} parts[] = {
#define ROW(part) {#part, all_##part},
	PARTS(ROW)};

static char **chosen;
static long times;

static __attribute__((noinline)) void step(void)
{
	_Unwind_Backtrace(remember, __builtin_frame_address(0));
	while (walk.words % AT_ONCE) {
		walk.word[walk.words] = walk.word[walk.words - 1];
		walk.words++;
	}
	for (; *chosen; chosen++) {
		size_t i = 0;
		while (i < sizeof parts / sizeof *parts && strcmp(*chosen, parts[i].name) != 0)
			i++;
		if (i == sizeof parts / sizeof *parts) {
			fprintf(stderr, "floors: no part '%s'\n", *chosen);
			exit(2);
		}
		parts[i].repeated(times);
	}
}

static __attribute__((noinline)) void repeat(void)
{
	step();
	__asm__ volatile("");
}

/* As deep as the loops. */
static __attribute__((noinline)) void descend(int depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		repeat();
	__asm__ volatile("");
}

static __attribute__((noinline)) void *thread_main(void *unused)
{
	descend(DEPTH);
	return unused;
}

int main(int argc, char *argv[])
{
	if (argc < 4) {
		fputs("usage: floors TIMES SIZE PART...\n", stderr);
		return 2;
	}
	times = atol(argv[1]);
	size = (unsigned)atoi(argv[2]);
	chosen = argv + 3;
	pool[5].index = 5;
	pool[5].life = 0x010204;
	entries[3] = 5ull << 32 | 2;
	entries[4] = 5ull << 32 | 2;
	pool[5].inside[0] = pool[5].inside[1] = -thread_id;
	thread_main(NULL);
	return 0;
}

/* The segments of a trace: see segments.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/segments.h"

#include "shim/trace/bounds.h"
#include "shim/trace/former.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/now.h"
#include "shim/state/thread.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

void (*trace_carry)(const struct trace_bounds *);
uint64_t trace_bounded = UINT64_MAX;

#define MOST_ROOM (12ul << 30) /* a larger trace would have more windows than there are panes */
#define AHEAD GROWN	       /* bytes of a segment that exist before they are needed */
/* Segments: per max_bytes, always kept, and that a round takes. */
enum { SHARES = 16, KEPT = 2, ROUND = 2 };

static struct segment *place_of(struct sink *s, uint64_t number) { return &s->segment[number % SEGMENTS]; }
static size_t region_size(const struct sink *s) { return s->segment_windows << WINDOW_BITS; }
static uint64_t window_of(const struct sink *s, uint64_t number) { return WINDOWS + (number - 1) * s->segment_windows; }
static uint64_t start_of(const struct sink *s, uint64_t number) { return window_of(s, number) << WINDOW_BITS; }
static uint64_t number_of(const struct sink *s, uint64_t offset)
{
	return ((offset >> WINDOW_BITS) - WINDOWS) / s->segment_windows + 1;
}
static bool is_there(struct sink *s, uint64_t number)
{
	return __atomic_load_n(&place_of(s, number)->number, __ATOMIC_ACQUIRE) == number;
}

/* Starts counting closed sockets some time before events go to segments, so that every close that is not counted has
 * its line in the first file. */
static void count_from(const struct sink *s, uint64_t end)
{
	uint64_t none = UINT64_MAX;
	if (s->room && s->base + end > s->room / 8 && trace_bounds() == none)
		__atomic_compare_exchange_n(&trace_bounded, &none, trace_now(), false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
}

void segments_prepare(struct sink *s)
{
	uint64_t room = (uint64_t)options.max_bytes;
	if (room < LEAST_ROOM)
		return;
	s->room = room < MOST_ROOM ? room : MOST_ROOM;
	if (s->base)
		s->former = former_size(s);
	s->spent = s->base + s->former;
	s->segment_size = s->room / SHARES & ~(GROW - 1);
	s->segment_windows = (s->segment_size >> WINDOW_BITS) + 1; /* so its end is not the next one's start */
	count_from(s, 0);					   /* a later program may have nothing but segments */
}

uint64_t segments_limit(const struct sink *s, enum trace_rank rank)
{
	static const uint64_t shares[] = {
		[TRACE_EVENT] = 5, [TRACE_CARRY] = 6, [TRACE_PLACE] = 7, [TRACE_LEAK] = 8, [TRACE_END] = SHARES};
	/* When no more segments can be made, events go on in the first file. */
	bool last = rank <= TRACE_CARRY && __atomic_load_n(&s->secluded, __ATOMIC_RELAXED);
	uint64_t all = s->room / SHARES * (last ? SHARES - 2 : shares[rank]);
	return all > s->base ? all - s->base : 0;
}

/* Whether the first file's name still leads to it. Segments are made and removed by name, so theirs then work too. */
static bool is_reached(const struct sink *s)
{
	struct stat st;
	return !__atomic_load_n(&s->secluded, __ATOMIC_RELAXED) ||
	       (!sys4(SYS_newfstatat, AT_FDCWD, s->path, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == s->dev &&
		st.st_ino == s->ino);
}

/* -- the list of segments: one thread at a time ------------------------------------------------------------------ */

/* In waits of half a ms, about 40 ms: with more threads than processors, the thread waited for may not run for long. */
enum { PATIENCE = 4 * PAUSES };

static bool has_list(const struct sink *s) { return __atomic_load_n(&s->making, __ATOMIC_RELAXED) == thread_tid(); }
static bool lock_list(struct sink *s)
{
	int nobody = 0;
	return __atomic_compare_exchange_n(&s->making, &nobody, thread_tid(), false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}
static void unlock_list(struct sink *s) { __atomic_store_n(&s->making, 0, __ATOMIC_RELEASE); }

static void make_path(struct sink *file, const struct sink *s, uint64_t number)
{
	size_t n = strlen(s->path) - (sizeof ".jsonl" - 1);
	char *at = mempcpy(mempcpy(file->path, s->path, n), ".s", 2);
	if (s->base) { /* a later program in this process */
		at = jsonl_decimal(at, s->base >> 12);
		*at++ = '.';
	}
	strcpy(jsonl_decimal(at, number), ".jsonl");
}

/* Reserves memory for a segment. A slot keeps its memory, so it is at the same place each time. */
static bool prepare_place(struct sink *s, struct segment *place)
{
	size_t header = (offsetof(struct sink, events_at) + 4095) & ~4095ul;
	if (!place->file)
		place->file = sys_mmap(NULL, header, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!place->region)
		place->region =
			sys_mmap(NULL, region_size(s), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return place->file && place->region;
}

/* Removes the oldest segment, and maps anonymous memory in its place: what a late thread still writes there is lost.
 * Returns false if it must stay, or if its name cannot be reached. */
static bool drop_oldest(struct sink *s)
{
	struct segment *place = place_of(s, s->oldest);
	struct stat st;
	struct sink *file = place->file;
	if (s->oldest + KEPT > number_of(s, segments_events_at(s)) || s->oldest > s->carried || !is_reached(s))
		return false;
	bool ours = !sys4(SYS_newfstatat, AT_FDCWD, file->path, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == file->dev &&
		    st.st_ino == file->ino;
	if (ours && sys3(SYS_unlinkat, AT_FDCWD, file->path, 0))
		return false;
	sys_mmap(place->region, region_size(s), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	__atomic_fetch_sub(&s->spent, file->appended, __ATOMIC_RELAXED);
	__atomic_store_n(&place->number, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&s->oldest, s->oldest + 1, __ATOMIC_RELEASE);
	return true;
}

/* Whether there is room for this many more segments, and for the first file to grow meanwhile. */
static bool has_room(const struct sink *s, uint64_t segments)
{
	return __atomic_load_n(&s->spent, __ATOMIC_RELAXED) + segments * s->segment_size + s->room / SHARES <= s->room;
}

static bool drop_former(struct sink *s)
{
	uint64_t bytes = s->former ? former_drop(s) : 0;
	s->former -= bytes < s->former ? bytes : s->former;
	__atomic_fetch_sub(&s->spent, bytes, __ATOMIC_RELAXED);
	return bytes;
}

/* Room for one segment, and for another that a round may need before older ones can go. */
static bool make_room(struct sink *s)
{
	while (!has_room(s, 2))
		if (!drop_former(s) && (!s->oldest || !drop_oldest(s)))
			return false;
	return true;
}

/* Whether the oldest segment stays only because no round has finished. */
static bool has_more(const struct sink *s)
{
	return s->oldest && s->oldest > __atomic_load_n(&s->carried, __ATOMIC_ACQUIRE) &&
	       s->oldest + KEPT <= number_of(s, segments_events_at(s)) && !sys_off() &&
	       watch_clock() >= __atomic_load_n(&s->makes_at, __ATOMIC_RELAXED);
}

/* `needed`: for checkpoint lines, which let older segments go; they may take the last room. */
static bool make(struct sink *s, uint64_t number, bool needed)
{
	struct segment *place = place_of(s, number);
	if (number <= s->newest) /* a late thread asked for it */
		return true;
	if (place->number || !is_reached(s) || sys_off() || !prepare_place(s, place) ||
	    !(make_room(s) || (needed && has_room(s, 1))))
		return false;
	struct sink *file = place->file;
	memset(file, 0, offsetof(struct sink, path));
	file->fd = NOT_KEPT;
	file->whole = s;
	file->region = place->region;
	make_path(file, s, number);
	if (!file_make(file, region_size(s), s->segment_size < AHEAD ? s->segment_size : AHEAD)) {
		__atomic_store_n(&s->makes_at, watch_clock() + TRIES_AGAIN, __ATOMIC_RELAXED);
		return false;
	}
	for (uint64_t i = 0; i < s->segment_windows; i++)
		file_show(s, window_of(s, number) + i);
	place->since = 0;
	if (!s->oldest)
		s->oldest = number;
	__atomic_store_n(&place->number, number, __ATOMIC_RELEASE);
	__atomic_store_n(&s->newest, number, __ATOMIC_RELEASE);
	return true;
}

bool segments_shed(struct sink *s)
{
	if (!segments_events_at(s) || !lock_list(s))
		return false;
	bool shed = s->oldest && drop_oldest(s);
	unlock_list(s);
	return shed;
}

/* -- events ------------------------------------------------------------------------------------------------------ */

/* The first events have gone to segment `number`. No thread begins a line in segment `number` - 2 any more. */
static void enter(struct sink *s, uint64_t number)
{
	uint64_t old = number - 2;
	if (number > 2 && is_there(s, old)) {
		for (uint64_t i = 0; i < s->segment_windows; i++) {
			uint64_t tag = window_of(s, old) + i + 1;
			__atomic_compare_exchange_n(&file_pane(s, tag - 1)->tag, &tag, 0, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_RELAXED);
		}
		sys3(SYS_madvise, place_of(s, old)->region, region_size(s), MADV_DONTNEED);
	}
	__atomic_store_n(&place_of(s, number)->since, trace_now(), __ATOMIC_RELEASE);
}

bool segments_begin(struct sink *s, uint64_t end)
{
	count_from(s, end);
	if (!s->room || s->base + end <= s->room / 4 || watch_clock() < s->makes_at)
		return false;
	/* Without waiting, the first file would take up the room of the segments. */
	for (int turn = 0; turn < PATIENCE && !lock_list(s); turn++) {
		pause_briefly();
		if (segments_events_at(s))
			return true;
	}
	if (!has_list(s))
		return false;
	bool made = segments_events_at(s) || make(s, 1, false);
	if (made && !segments_events_at(s)) {
		enter(s, 1);
		__atomic_store_n(&s->events_at, start_of(s, 1), __ATOMIC_RELEASE);
	}
	unlock_list(s);
	return made;
}

static struct trace_bounds bounds_of(struct sink *s, bool all)
{
	uint64_t at = segments_events_at(s), number = number_of(s, at),
		 oldest = __atomic_load_n(&s->oldest, __ATOMIC_RELAXED);
	return (struct trace_bounds){
		.number = number,
		.since = __atomic_load_n(&place_of(s, number)->since, __ATOMIC_ACQUIRE),
		.bytes = number * s->segment_size + (at - start_of(s, number)),
		.round = ROUND * s->segment_size,
		.due = s->carried <= oldest + ROUND && !has_room(s, 3 + ROUND),
		.all = all,
	};
}

static void carry(struct sink *s, bool all)
{
	struct trace_bounds bounds = bounds_of(s, all);
	if (trace_carry)
		trace_carry(&bounds);
}

/* Makes the segment. While only an unfinished round prevents that, does its remaining steps now, and waits for those
 * that other threads have taken. */
static bool make_carried(struct sink *s, uint64_t number)
{
	bool made = make(s, number, false);
	for (int turn = 0; turn < PATIENCE && !made && has_more(s); turn++) {
		if (turn)
			pause_briefly();
		carry(s, true);
		made = make(s, number, false);
	}
	return made;
}

/* Extends the file past `end`, with some to spare, but not past the segment's share. */
static bool extend(struct sink *s, struct sink *file, uint64_t end)
{
	uint64_t ahead = end + GROWN < s->segment_size ? end + GROWN : s->segment_size;
	return __atomic_load_n(&file->appended, __ATOMIC_ACQUIRE) >= end || file_extend(file, ahead) ||
	       file_extend(file, end);
}

/* Makes the segment after a full one, or waits for another thread that does. */
static bool make_next(struct sink *s, uint64_t number)
{
	for (int turn = 0; turn < PATIENCE && !is_there(s, number + 1); turn++) {
		if (has_list(s))
			return make(s, number + 1, true);
		if (watch_clock() < __atomic_load_n(&s->makes_at, __ATOMIC_RELAXED))
			return false;
		if (lock_list(s)) {
			bool made = is_there(s, number + 1) || make_carried(s, number + 1);
			if (!made) /* a new try within the next few ms would fail too */
				__atomic_store_n(&s->makes_at, watch_clock() + TRIES_AGAIN, __ATOMIC_RELAXED);
			unlock_list(s);
			return made;
		}
		pause_briefly();
	}
	return is_there(s, number + 1);
}

char *segments_claim(struct sink *s, uint64_t size, uint64_t *offset)
{
	uint64_t before = segments_events_at(s), number, next;
	do {
		number = number_of(s, before);
		next = number;
		*offset = before;
		if (*offset >> WINDOW_BITS != (*offset + size - 1) >> WINDOW_BITS)
			*offset = (*offset | (WINDOW - 1)) + 1;
		/* The last quarter of the newest segment is kept for checkpoint lines. */
		bool there = is_there(s, number + 1);
		uint64_t share = there || thread.tending ? s->segment_size : s->segment_size / 4 * 3;
		if (*offset + size > start_of(s, number) + share) {
			if (!there && !make_next(s, number))
				return NULL;
			*offset = start_of(s, next = number + 1);
		}
	} while (!__atomic_compare_exchange_n(&s->events_at, &before, *offset + size, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (next != number)
		enter(s, next);
	struct segment *place = place_of(s, next);
	uint64_t at = *offset - start_of(s, next);
	/* A window two back is hardly written any more and need not stay in the host's resident memory. */
	if (next == number && *offset >> WINDOW_BITS != before >> WINDOW_BITS && at >= 2 * WINDOW)
		sys3(SYS_madvise, place->region + ((at - 2 * WINDOW) & ~(WINDOW - 1)), WINDOW, MADV_DONTNEED);
	return extend(s, place->file, at + size) ? place->region + at : NULL;
}

void trace_carried(uint64_t number)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	if (s && number > __atomic_load_n(&s->carried, __ATOMIC_RELAXED))
		__atomic_store_n(&s->carried, number, __ATOMIC_RELEASE);
}

void segments_tend(struct sink *s)
{
	uint64_t at = segments_events_at(s), number = number_of(s, at), used = at - start_of(s, number);
	bool wants = number == __atomic_load_n(&s->newest, __ATOMIC_RELAXED) && used > s->segment_size / 4 &&
		     watch_clock() >= __atomic_load_n(&s->makes_at, __ATOMIC_RELAXED);
	if (wants && !has_list(s) && lock_list(s)) {
		if (s->newest == number)
			make_carried(s, number + 1);
		unlock_list(s);
	}
	carry(s, false);
}

/* -- the end ----------------------------------------------------------------------------------------------------- */

void segments_finish(struct sink *s)
{
	uint64_t number = segments_events_at(s) ? s->newest : 0;
	for (uint64_t n = number > KEPT ? number - KEPT : 1; n && n <= number; n++) {
		struct segment *place = place_of(s, n);
		uint64_t end = is_there(s, n) ? place->file->appended : 0;
		if (!end)
			continue;
		while (end && place->region[end - 1] == '\n')
			end--;
		end += end != 0; /* the newline of the last line */
		uint64_t from = (end + 4095) & ~4095ull;
		if (!sys_mmap(place->region + from, region_size(s) - from, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0))
			continue;
		if (end)
			file_cut(place->file, end);
		else if (is_reached(s))
			sys3(SYS_unlinkat, AT_FDCWD, place->file->path, 0);
	}
}

void segments_leave(struct sink *s)
{
	for (int i = 0; i < SEGMENTS; i++)
		if (s->segment[i].region)
			sys_mmap(s->segment[i].region, region_size(s), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

void segments_forget(struct sink *s)
{
	for (int i = 0; i < SEGMENTS; i++)
		if (s->segment[i].region)
			sys2(SYS_munmap, s->segment[i].region, region_size(s));
}

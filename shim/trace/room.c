/* The room in a trace, and what of it is kept for its last lines: see room.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/room.h"

#include "shim/kernel/watch.h"
#include "shim/state/thread.h"
#include "shim/trace/segments.h"

/* Bytes that lines of this rank leave for those of higher ranks, of max_bytes or of a file that cannot grow. How many
 * sockets will be open at the end is unknown, so each one open now counts for some more. */
static uint64_t left_by(enum trace_rank rank, uint64_t room, uint64_t per_socket)
{
	enum { LEAK = 192, ENDS = 2 << UNIT_BITS };
	uint64_t open = watch_open(), events = ENDS + 4096 + open * per_socket, places = ENDS + open * LEAK;
	switch (rank) {
	case TRACE_EVENT:
	case TRACE_CARRY: return events < room / 8 * 7 ? events : room / 8 * 7;
	case TRACE_PLACE: return places < room / 4 * 3 ? places : room / 4 * 3;
	case TRACE_LEAK: return ENDS;
	default: return 0;
	}
}

static uint64_t limit_of(enum trace_rank rank)
{
	enum { FOR_ENDS = 65536 };
	uint64_t most = (uint64_t)options.max_bytes, left = left_by(rank, most, 2048);
	if (rank <= TRACE_CARRY) {
		uint64_t least = most / 8 > FOR_ENDS ? most / 8 : most / 8 * 7 < FOR_ENDS ? most / 8 * 7 : FOR_ENDS;
		left = left < least ? least : left;
	}
	return left < most ? most - left : 0;
}

/* Whether [0, end) is in the file and in memory, and behind it the bytes kept for higher ranks. */
static bool has_room(struct sink *s, uint64_t end, enum trace_rank rank)
{
	uint64_t behind = end + left_by(rank, GROW, 256);
	if (file_extend(s, behind) && file_window(s, (behind - 1) >> WINDOW_BITS))
		return true;
	uint64_t appended = __atomic_load_n(&s->appended, __ATOMIC_ACQUIRE), room = ((end - 1) | (WINDOW - 1)) + 1;
	if (room > appended)
		room = appended;
	return end + left_by(rank, room < GROW ? room : GROW, 256) <= room;
}

/* Claims a block of 2^bits units, or of fewer where max_bytes leaves no more, but at least 2^least. Returns its
 * address, or NULL. */
static char *claim(struct sink *s, enum trace_rank rank, unsigned *bits, unsigned least, uint64_t *offset)
{
	uint64_t most = limit_of(rank), size, before = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED);
	if (segments_events_at(s) || (rank <= TRACE_CARRY && segments_begin(s, before + (1ul << UNIT_BITS << *bits))))
		return segments_claim(s, 1ul << UNIT_BITS << *bits, offset);
	do {
		if (__atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FINISHED)
			return NULL;
		while (*bits > least && before + (1ul << UNIT_BITS << *bits) > most)
			--*bits;
		size = 1ul << UNIT_BITS << *bits;
		*offset = before;
		if (*offset >> WINDOW_BITS != (*offset + size - 1) >> WINDOW_BITS)
			*offset = (*offset | (WINDOW - 1)) + 1;
		if (*offset + size > most) {
			if (rank == TRACE_EVENT || rank == TRACE_LEAK)
				__atomic_fetch_or(&s->gate, FULL, __ATOMIC_RELAXED);
			return NULL;
		}
	} while (!__atomic_compare_exchange_n(&s->claimed, &before, *offset + size, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	char *at = has_room(s, *offset + size, rank) ? file_address(s, *offset) : NULL;
	if (at && __atomic_load_n(&file_pane(s, *offset >> WINDOW_BITS)->tag, __ATOMIC_ACQUIRE) !=
			  (*offset >> WINDOW_BITS) + 1)
		file_show(s, *offset >> WINDOW_BITS);
	uint64_t after = *offset + size;
	if (!at) /* returned for a smaller block or the last lines */
		__atomic_compare_exchange_n(&s->claimed, &after, before, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return at;
}

char *room_take(struct sink *s, size_t len, enum trace_rank rank, uint64_t *word)
{
	unsigned bits = thread.blocks < GROW_BITS - UNIT_BITS ? thread.blocks : GROW_BITS - UNIT_BITS, least = 0;
	enum { CARRIES = 3 }; /* checkpoint lines have little room kept for them */
	uint64_t offset;
	__atomic_store_n(&thread.block, 0, __ATOMIC_RELAXED); /* before its pane is another */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	while ((1ul << UNIT_BITS << least) < len)
		least++;
	if (thread.tending && bits > CARRIES)
		bits = CARRIES;
	if (bits < least || rank == TRACE_END)
		bits = least;
	char *at = claim(s, rank, &bits, least, &offset);
	if (!at && bits > least) {
		bits = least;
		at = claim(s, rank, &bits, least, &offset);
	}
	if (at) {
		size_t size = 1ul << UNIT_BITS << bits;
		thread.blocks++;
		thread.pane = file_pane(s, offset >> WINDOW_BITS);
		thread.pane_tag = (offset >> WINDOW_BITS) + 1;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		*word = BLOCK(at + size, size - len);
	}
	return at;
}

static char *extend_last(struct sink *s, uint64_t offset, size_t len)
{
	return file_extend(s, offset + len) || (segments_shed(s) && file_extend(s, offset + len))
		       ? file_address(s, offset)
		       : NULL;
}

char *room_last(struct sink *s, size_t len, enum trace_rank rank)
{
	uint64_t before = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED), most = segments_limit(s, rank), offset;
	do {
		offset = before;
		if (offset >> WINDOW_BITS != (offset + len - 1) >> WINDOW_BITS)
			offset = (offset | (WINDOW - 1)) + 1;
		if (offset + len > most || __atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FINISHED)
			return NULL;
	} while (!__atomic_compare_exchange_n(&s->claimed, &before, offset + len, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	char *at = extend_last(s, offset, len);
	uint64_t after = offset + len;
	if (!at)
		__atomic_compare_exchange_n(&s->claimed, &after, before, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return at;
}

enum { TRACE_LINE = 4096 }; /* hardly any line is longer */

bool room_for(const struct sink *s, enum trace_rank rank)
{
	uint64_t claimed = __atomic_load_n(&s->claimed, __ATOMIC_RELAXED);
	if (segments_events_at(s))
		return claimed + TRACE_LINE < segments_limit(s, rank);
	return (!(__atomic_load_n(&s->gate, __ATOMIC_RELAXED) & FULL) || claimed < limit_of(rank)) &&
	       (!file_stuck(s) || claimed < __atomic_load_n(&s->appended, __ATOMIC_RELAXED));
}

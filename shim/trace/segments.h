/* Files of events beside the first one, so that a trace within max_bytes never ends.
 *
 * A trace begins as one file. Once that has its share of max_bytes, events go to segments: <log_path>.<pid>.s1.jsonl, .s2.jsonl and so on. When
 * room is short, the oldest is removed. The first file stays, and goes on to take what must last: modules, stacks, violations, the end.
 * A segment is removed only when what is open has been carried on from it: see trace_carry. It is revoked long before, and then no thread
 * begins a line in it. Its memory stays mapped, so that a thread which was stopped amid a line for all that time writes to no harm.
 * For the files of this room alone. No lock: who finds another thread at the list of segments goes on in the present one, which has some
 * room more than its share. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_SEGMENTS_H
#define SHIM_TRACE_SEGMENTS_H

#include "shim/trace/file.h"
#include "shim/trace/rank.h"

#define LEAST_ROOM (4ul << 20) /* with less, a trace is one file, and ends */

static inline uint64_t segments_events_at(const struct sink *s)
{
	return __atomic_load_n(&s->events_at, __ATOMIC_ACQUIRE);
}

/* How many bytes of the first file lines of this rank may fill, once there are segments. */
uint64_t segments_limit(const struct sink *, enum trace_rank);

/* For a new trace, whose first file is there. */
void segments_prepare(struct sink *);

/* Events go to segments from now on. False: there can be none, or the first file has not met its share. */
bool segments_begin(struct sink *, uint64_t end);

/* Claims `size` bytes of events: their place, or NULL. */
char *segments_claim(struct sink *, uint64_t size, uint64_t *offset);

/* Makes the next segment when it is time, and carries on some of what is open. Call before a thread takes a block. */
void segments_tend(struct sink *);

/* Removes the oldest, for room in the first file. False: it cannot be. */
bool segments_shed(struct sink *);

/* After the last line: cuts the newlines that no line came to replace. */
void segments_finish(struct sink *);

/* None of their files is mapped any more; their memory stays, as a thread may be amid a line. */
void segments_leave(struct sink *);

/* In a forked child. */
void segments_forget(struct sink *);

#endif

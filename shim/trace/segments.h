/* Files of events after the first one, so that a trace can run for any time within max_bytes.
 *
 * A trace begins as one file. Once that has its share of max_bytes, events go to segments: <log_path>.<pid>.s1.jsonl,
 * .s2.jsonl and so on. When room is short, the oldest segment is removed. The first file stays and keeps taking the
 * lines that must last: modules, stacks, violations, the end.
 * A segment is removed only after everything still open has been carried on from it: see trace_carry. It is revoked
 * long before that; from then on no thread begins a line in it. Its memory stays mapped, so a thread that was stopped
 * in the middle of a line all that time can finish it harmlessly.
 * Private to shim/trace. The list of segments belongs to one thread at a time. To begin the first segment or to follow
 * a full one, others wait up to 40 ms for it (PATIENCE in segments.c); in all other cases they go on without it. Safe
 * in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_SEGMENTS_H
#define SHIM_TRACE_SEGMENTS_H

#include "shim/trace/file.h"
#include "shim/trace/rank.h"

#define LEAST_ROOM (4ul << 20) /* bytes; with a smaller max_bytes, a trace is one file, and ends when that is full */

static inline uint64_t segments_events_at(const struct sink *s)
{
	return __atomic_load_n(&s->events_at, __ATOMIC_ACQUIRE);
}

/* How many bytes of the first file lines of this rank may fill, once there are segments. */
uint64_t segments_limit(const struct sink *, enum trace_rank);

/* Sets up a new trace whose first file is open. */
void segments_prepare(struct sink *);

/* Sends events to segments from now on, once the first file has met its share at `end` bytes. Waits up to 40 ms for
 * another thread that does so. Returns false if the share is not met or no segment can be made. */
bool segments_begin(struct sink *, uint64_t end);

/* Claims `size` bytes for events. Returns their address and stores their offset, or returns NULL. Waits up to 40 ms for
 * another thread that makes the next segment. */
char *segments_claim(struct sink *, uint64_t size, uint64_t *offset);

/* Makes the next segment when it is time, and carries on some of the open descriptors. Call before a thread takes a
 * block. */
void segments_tend(struct sink *);

/* Removes the oldest segment to make room in the first file. Returns false if it must stay, or another thread has the
 * list. */
bool segments_shed(struct sink *);

/* Call after the last line: cuts the trailing newlines that no line replaced. */
void segments_finish(struct sink *);

/* Replaces the mappings of all segments with anonymous memory. Nothing is unmapped, because a thread may still be
 * writing a line. */
void segments_leave(struct sink *);

/* In a forked child: unmaps the parent's segments. */
void segments_forget(struct sink *);

#endif

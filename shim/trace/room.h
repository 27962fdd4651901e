/* Space in the trace file. Each thread takes blocks of its own. When max_bytes, the file or memory runs out, space is kept for lines of a
 * higher rank. Private to shim/trace. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_ROOM_H
#define SHIM_TRACE_ROOM_H

#include "shim/trace/file.h"
#include "shim/trace/rank.h"

/* A thread's block in one word, so that a signal handler and the code it interrupted can share it: in the low bits a place that lines are added to and
 * that is BLOCK_END at the block's end; above them the address of place 0 in units, which is 0 if there is no block. */
enum { BLOCK_END = 1 << 20, BLOCK_BITS = 24 };
#define BLOCK(end, left) ((uint64_t)((uintptr_t)(end)-BLOCK_END) >> UNIT_BITS << BLOCK_BITS | (BLOCK_END - (left)))
#define BLOCK_PLACE(w) ((w) & ((1u << BLOCK_BITS) - 1))
#define BLOCK_START(w) ((w) >> BLOCK_BITS << UNIT_BITS)

/* Takes a new block for this thread, uses `len` bytes of it, and stores its word. Returns the address of the bytes, or
 * NULL. */
char *room_take(struct sink *, size_t len, enum trace_rank, uint64_t *word);

/* Takes room for one line in the first file, once events go to segments. Returns NULL if there is none. */
char *room_last(struct sink *, size_t len, enum trace_rank);

/* Whether a line of this rank may still fit. */
bool room_for(const struct sink *, enum trace_rank);

#endif

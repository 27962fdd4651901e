/* Space in the trace file. Each thread takes blocks of its own. When max_bytes, the file or memory runs out, space is kept for lines of a
 * higher rank. Private to shim/trace. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_ROOM_H
#define SHIM_TRACE_ROOM_H

#include "shim/trace/file.h"
#include "shim/trace/rank.h"

/* A thread's block in one word, so that a signal handler and the code it interrupted can share it: the first unit plus one (0: no
 * block), the size class, the bytes used. */
#define BLOCK(unit, bits, used) (((unit) + 1) << 24 | (uint64_t)(bits) << 20 | (used))
#define HAS_BLOCK(w) ((w) >> 24)
#define BLOCK_UNIT(w) (((w) >> 24) - 1)
#define BLOCK_BITS(w) ((w) >> 20 & 15)
#define BLOCK_USED(w) ((w)&0xfffff)

/* Takes a new block for this thread, uses `len` bytes of it, and stores its word. Returns the address of the bytes, or
 * NULL. */
char *room_take(struct sink *, size_t len, enum trace_rank, uint64_t *word);

/* Takes room for one line in the first file, once events go to segments. Returns NULL if there is none. */
char *room_last(struct sink *, size_t len, enum trace_rank);

/* Whether a line of this rank may still fit. */
bool room_for(const struct sink *, enum trace_rank);

#endif

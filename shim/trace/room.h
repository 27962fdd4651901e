/* The room of a trace: blocks of the file that belong to a thread each, and what of max_bytes, of a file that cannot grow and of memory
 * that is short is kept for lines of a higher rank. For the files of this room alone. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_ROOM_H
#define SHIM_TRACE_ROOM_H

#include "shim/trace/file.h"
#include "shim/trace/rank.h"

/* A thread's block in one word, so that a signal handler and the code it interrupted can share it: the first unit plus one (0: no
 * block), the size class, the bytes used. */
#define BLOCK(unit, bits, used) (((unit) + 1) << 28 | (uint64_t)(bits) << 24 | (used))
#define HAS_BLOCK(w) ((w) >> 28)
#define BLOCK_UNIT(w) (((w) >> 28) - 1)
#define BLOCK_BITS(w) ((w) >> 24 & 15)
#define BLOCK_USED(w) ((w)&0xffffff)

/* A new block for this thread with `len` bytes of it used, and its word: where they go, or NULL. */
char *room_take(struct sink *, size_t len, enum trace_rank, uint64_t *word);

/* Whether a line of this rank may find a place. */
bool room_for(const struct sink *, enum trace_rank);

#endif

/* The way of nearly all lines into the trace, for inlining where they are built.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_PUT_H
#define SHIM_TRACE_PUT_H

#include "shim/state/thread.h"
#include "shim/trace/copy.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/file.h"
#include "shim/trace/room.h"

/* Threads that are writing a line: the end of the process waits for them. Two in one slot may hide each other. */
enum { TRACE_WRITERS = 64 };
extern struct trace_writer {
	char busy;
} __attribute__((aligned(64))) trace_writers[TRACE_WRITERS] __attribute__((visibility("hidden")));

/* The address in this thread's block, if that has room. */
static inline __attribute__((always_inline)) char *trace_block(struct sink *s, size_t len)
{
	uint64_t word = __atomic_fetch_add(&thread.block, len, __ATOMIC_RELAXED);
	return HAS_BLOCK(word) && BLOCK_USED(word) + len <= 1ul << UNIT_BITS << BLOCK_BITS(word)
		       ? file_block(s, (BLOCK_UNIT(word) << UNIT_BITS) + BLOCK_USED(word))
		       : NULL;
}

/* Takes page faults now, while there are only newlines: a death during the copy would leave a torn line. */
static inline void trace_touch(char *at, size_t len)
{
	((volatile char *)at)[0] = ((volatile char *)at)[len - 1] = '\n';
}

/* Whether the trace is open, and no descriptor of it is kept, which the host could close. */
static inline bool trace_is_unkept(void)
{
	const struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	return s && __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE) == NOT_KEPT;
}

/* trace_put() of a line of a usual length that has room in the thread's block. Whatever is not done here is in trace_put_anyhow(). */
bool trace_put_anyhow(const char *line, size_t len);
static inline __attribute__((always_inline)) bool trace_put_here(const char *line, size_t len)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	char *at = NULL;
	if (__builtin_expect(!s || !thread.tid || len - COPY_LEAST > COPY_MOST - COPY_LEAST, 0))
		return trace_put_anyhow(line, len);
	char *busy = &trace_writers[(unsigned)thread.tid % TRACE_WRITERS].busy;
	thread.putting++;
	__atomic_store_n(busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* set before the gate is read */
	if (__builtin_expect(!__atomic_load_n(&s->gate, __ATOMIC_RELAXED), 1) && (at = trace_block(s, len))) {
		trace_touch(at, len);
		copy_usual(at, line, len);
	}
	if (!--thread.putting)
		__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return __builtin_expect(at != NULL, 1) || trace_put_anyhow(line, len);
}

#endif

/* The way of nearly all lines into the trace, for inlining where they are built.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_PUT_H
#define SHIM_TRACE_PUT_H

#include "shim/state/joined.h"
#include "shim/state/thread.h"
#include "shim/trace/copy.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/file.h"
#include "shim/trace/room.h"

/* Threads that are writing a line: the end of the process waits for them. Two in one slot may hide each other. */
enum { TRACE_WRITERS = 256 };
extern struct trace_writer {
	char busy;
} __attribute__((aligned(64))) trace_writers[TRACE_WRITERS] __attribute__((visibility("hidden")));

/* The address in this thread's block, if that has room and its window was not revoked. */
static inline __attribute__((always_inline)) char *trace_block(size_t len)
{
	uint64_t word = __atomic_fetch_add(&thread.block, len, __ATOMIC_RELAXED);
	uintptr_t start = BLOCK_START(word), place = BLOCK_PLACE(word);
	return start && place + len <= BLOCK_END && JOINED(thread.pane->tag) == thread.pane_tag
		       ? (char *)(start + place)
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
	return s && JOINED(s->fd) == NOT_KEPT;
}

/* trace_put() of a line of a usual length that has room in the thread's block. Whatever is not done here is in trace_put_anyhow(). */
bool trace_put_anyhow(const char *line, size_t len);
static inline __attribute__((always_inline)) bool trace_put_here(const char *line, size_t len)
{
	struct sink *s = __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE);
	char *at = NULL, *busy = thread.busy;
	if (__builtin_expect(!s || !busy || len - COPY_LEAST > COPY_MOST - COPY_LEAST, 0))
		return trace_put_anyhow(line, len);
	thread.putting++;
	__atomic_store_n(busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* set before the gate is read */
	if (__builtin_expect(!JOINED(s->gate), 1) && (at = trace_block(len))) {
		trace_touch(at, len);
		copy_usual(at, line, len);
	}
	if (!--thread.putting)
		__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return __builtin_expect(at != NULL, 1) || trace_put_anyhow(line, len);
}

#endif

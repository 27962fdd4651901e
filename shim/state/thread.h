/* What the shim keeps per thread. Initial-exec TLS: no allocation, one instruction to reach.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_THREAD_H
#define SHIM_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;

struct thread {
	uint64_t block;	     /* this thread's block of the trace, see block.c */
	uint32_t blocks;     /* how many it had: later ones are larger */
	unsigned passed;     /* of which of the process's traces that block is, see trace_leave() */
	int tid;	     /* 0 = not asked yet */
	int putting;	     /* inside trace_put, perhaps of a frame that a signal interrupted */
	struct sink *holds;  /* the trace that others are kept from by trace_hold */
	char ids[55];	     /* the keys pid and tid of its lines, see event.c */
	uint8_t ids_len;     /* 0 = not made yet */
	int vforked;	     /* > 0: in a vfork child, on the parent's memory, or apart: see self.h */
	int apart;	     /* 1: a thread of this process, with a table of descriptors that is its own */
	bool daemonizing;    /* inside daemon(): the parent of its fork ends at once */
	int daemon_errno;    /* errno before that fork */
	uintptr_t stack_low; /* what a walk found readable of its stack, see frame.c */
	uintptr_t stack_high;
	const void *state; /* of the interpreter that the stack at hand is of, see lang.h */
	bool unasked;	   /* no interpreter may be asked for the stack that is being told: see lang.h */
	uint32_t cause;	 /* by which what is being told was made, where no language is on the stack: see lang_cause() */
	void *env_pages; /* what its child has taken for an environment, see env.h */
	size_t env_size; /* of that, bytes */
	struct sweep {	 /* a run of closes of neighbouring numbers, see closing.c */
		int first, last; /* numbers of the run */
		int absent;	 /* closes in it that hit nothing */
		int tagged;	 /* double-close tags given in it */
		int said;
	} sweep;
};

extern __thread struct thread thread;

/* gettid(2), remembered. */
int thread_ask_tid(void);
static inline int thread_tid(void) { return __builtin_expect(thread.tid, 1) ? thread.tid : thread_ask_tid(); }

#endif

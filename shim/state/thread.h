/* Per-thread state of the shim. Initial-exec TLS: no allocation, one instruction to reach.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_THREAD_H
#define SHIM_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;
struct pane;

/* All but the last eight digits of a number: see kept_decimal(). */
struct kept_digits {
	uint64_t high; /* their value, plus one; 0: none are kept */
	uint64_t text;
	unsigned len;
};

/* The text of the number before the first socket's. */
#define SOCK_NONE (1ull << 40 | 0x2020202000 | '0')

struct thread {
	uint64_t block;		 /* this thread's block of the trace, see room.h */
	const struct pane *pane; /* of the window that it is in, and the tag of that: see sink.h */
	uint64_t pane_tag;
	char *busy;	 /* where it says that it is writing a line, see put.h; NULL: not known yet */
	uint32_t blocks; /* number of blocks it had: later ones are larger */
	unsigned passed; /* which of the process's traces that block is in, see trace_leave() */
	int tid;	 /* 0 = not queried yet */
	int away; /* the tid negated, as a call leaves it in a socket's record; 0 if it is not known or `vforked` is not 0 */
	bool tending;	     /* carries on what is open, see segments.h */
	int putting;	     /* inside trace_put, possibly in a frame that a signal interrupted */
	struct sink *holds;  /* the trace that trace_hold blocks for others */
	char start[80];	     /* how its lines begin, up to their op, preformatted; see event.c */
	uint64_t start_high; /* of the time in it, all but the last eight digits, plus one; 0: not made yet */
	uint8_t start_len;
	uint8_t start_digits;	 /* where those are */
	struct kept_digits last; /* of the latest byte that a line told of */
	uint64_t sock_text;	 /* of the socket that it made last, see sock_text() in brief.h; at first SOCK_NONE */
	uint64_t socks[4];	 /* of others */
	int vforked;		 /* > 0: in a vfork child, in the parent's memory, or apart: see self.h */
	int apart;		 /* 1: a thread of this process, with a descriptor table of its own */
	bool daemonizing;	 /* inside daemon(): the parent of its fork exits at once */
	int daemon_errno;	 /* errno before that fork */
	uintptr_t stack_low;	 /* the part of its stack that a walk found readable, see frame.c */
	uintptr_t stack_high;
	const void *state; /* state of the interpreter whose stack is being walked, see lang.h */
	bool unasked;	   /* no interpreter may be asked for the current stack: see lang.h */
	uint32_t cause; /* where the descriptor in question was made if no language is on the stack: see lang_cause() */
	void *env_pages;	 /* the environment that its child took, see env.h */
	size_t env_size;	 /* its size in bytes */
	struct sweep {		 /* current run of closes of consecutive descriptors, see closing.c */
		int first, last; /* length of the run */
		int absent;	 /* closes in it that failed */
		int tagged;	 /* double-close tags given in it */
		int said;
	} sweep;
};

extern __thread struct thread thread;

/* Sets `vforked`. */
static inline void thread_lends(int vforked)
{
	thread.vforked = vforked;
	thread.away = vforked ? 0 : -thread.tid;
}

/* gettid(2), remembered. */
int thread_ask_tid(void);
static inline int thread_tid(void) { return __builtin_expect(thread.tid, 1) ? thread.tid : thread_ask_tid(); }

#endif

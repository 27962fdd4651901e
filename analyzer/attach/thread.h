/* Calls functions in a thread of another process while its other threads run. It uses a thread that waits in a system call of libc's, where
 * it holds no lock that the call could need.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_THREAD_H
#define SOCKSAN_ANALYZER_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzer/attach/host.h"

struct stopped_thread;

enum taken {
	TAKEN,
	TAKEN_NONE,    /* no thread is at a place where it can be taken */
	TAKEN_REFUSED, /* ptrace(2) was refused: errno */
};

/* Stops a thread. It must be released in any case. */
enum taken thread_take(const struct host *host, struct stopped_thread **taken);

/* Makes a call with up to two arguments, the first of which is this text, or `a`. False: the thread ended, or did not return in time. */
bool thread_call(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t a, uint64_t b,
		 uint64_t *result);

/* The same for a function that makes system calls of its own; its result is not known. */
bool thread_call_long(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t b);

/* The same for a function of the shim that fills in a struct attach_reply, and then keeps the thread waiting in it. */
bool thread_call_shim(struct stopped_thread *thread, uint64_t function, const char *text, struct attach_reply *reply);

/* Lets it continue where it was. Returns how long it was stopped, in ns. */
int64_t thread_release(struct stopped_thread *thread);

#endif

/* Calls in a thread of another process, while its other threads run: a thread that waits in a system call of libc's, where it holds no lock
 * that the call could need.
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
	TAKEN_NONE,    /* no thread comes where it could be taken */
	TAKEN_REFUSED, /* ptrace(2) is refused: errno */
};

/* Stops one. It is to be released whatever comes. */
enum taken thread_take(const struct host *host, struct stopped_thread **taken);

/* Makes a call of up to two arguments, the first of which is this text, or `a`. False: the thread ended, or does not come back in time. */
bool thread_call(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t a, uint64_t b,
		 uint64_t *result);

/* The same with a call that makes system calls of its own; what it returned is not known. */
bool thread_call_long(struct stopped_thread *thread, uint64_t function, const char *text, uint64_t b);

/* The same with a call of the shim that puts a struct attach_reply and waits with the thread in it. */
bool thread_call_shim(struct stopped_thread *thread, uint64_t function, const char *text, struct attach_reply *reply);

/* Lets it go on where it was. How long it was kept, in ns. */
int64_t thread_release(struct stopped_thread *thread);

#endif

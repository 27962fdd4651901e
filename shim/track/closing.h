/* Around whatever closes a number.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CLOSING_H
#define SHIM_CLOSING_H

#include "shim/track/call.h"

#include <stdbool.h>
#include <stdint.h>

struct closing {
	struct call call;
	const char *op;
	uint32_t op_len;
	uint32_t stack;
	uint64_t t;
	bool armed; /* the number held a socket, and no longer does in the table */
	bool quiet; /* the same of a kind that is not judged */
	bool used;  /* this thread made calls on it, though another made it */
	bool kept;  /* as it is not well: the trace has been told of it */
	int in_use; /* the thread that was inside a call on it, or 0 */
	int unread;
	uint64_t close_wait;
};

/* `op` is a literal. `alone`: an act of its own, not part of a range or a replacement, so that it can be a misuse. */
struct closing closing_begin_of(const char *op, uint32_t op_len, int fd, bool alone);
static inline __attribute__((always_inline)) struct closing closing_begin(const char *op, int fd, bool alone)
{
	return closing_begin_of(op, (uint32_t)__builtin_strlen(op), fd, alone);
}
void closing_end(const struct closing *, long ret);

/* The call may be a finalizer's, which gives up a socket that the program forgot and leaves its close to others: an event loop's selector is
 * told of that. */
void closing_abandoned(const struct call *, const char *op);

/* Of a kind that is not judged, which most numbers are. False: it is none, or another thread was first. */
bool closing_quiet(const char *op, int fd);
void closing_quiet_end(const char *op, int fd, long ret);

/* A real call that closes fd, and does nothing else. */
#define CLOSES(op, fd, call)                                              \
	({                                                                \
		int fd_ = (fd);                                           \
		__typeof__(call) closed_;                                 \
		if (fd_load(fd_) == FD_OTHER && closing_quiet(op, fd_)) { \
			closed_ = (call);                                 \
			closing_quiet_end(op, fd_, closed_);              \
		} else {                                                  \
			struct closing c_ = closing_begin(op, fd_, true); \
			closed_ = (call);                                 \
			closing_end(&c_, closed_);                        \
		}                                                         \
		closed_;                                                  \
	})

#endif

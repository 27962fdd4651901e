/* What happens around every call that closes a descriptor. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
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
	bool armed; /* the descriptor was a socket and has been removed from the table */
	bool quiet; /* the same for a kind that is not judged */
	bool used;  /* this thread made calls on it, though another made it */
	bool kept;  /* it may be a violation, so the trace has kept a line about it */
	int in_use; /* the thread that was inside a call on it, or 0 */
	int unread;
	uint64_t close_wait;
};

/* `op` is a literal. `alone`: an explicit close, not part of a range or a replacement, so that it can be misuse. */
void closing_begin_of(struct closing *, const char *op, uint32_t op_len, int fd, bool alone);
static inline __attribute__((always_inline)) struct closing closing_begin(const char *op, int fd, bool alone)
{
	struct closing c;
	closing_begin_of(&c, op, (uint32_t)__builtin_strlen(op), fd, alone);
	return c;
}
void closing_end(const struct closing *, long ret);

/* The call may come from a finalizer that gives up a socket the program forgot and leaves the close to others, such as an event loop:
 * records that. */
void closing_abandoned(const struct call *, const char *op);

/* For a descriptor of a kind that is not judged, as most are. Returns false if it is none, or another thread was faster. */
bool closing_quiet(const char *op, int fd);
void closing_quiet_end(const char *op, int fd, long ret);

/* A real call that closes fd and does nothing else. */
#define CLOSES(op, fd, call)                                                                  \
	({                                                                                    \
		int fd_ = (fd);                                                               \
		__typeof__(call) closed_;                                                     \
		if (fd_load(fd_) == FD_OTHER && closing_quiet(op, fd_)) {                     \
			closed_ = (call);                                                     \
			closing_quiet_end(op, fd_, closed_);                                  \
		} else {                                                                      \
			struct closing c_; /* filled, not copied */                           \
			closing_begin_of(&c_, op, (uint32_t)__builtin_strlen(op), fd_, true); \
			closed_ = (call);                                                     \
			closing_end(&c_, closed_);                                            \
		}                                                                             \
		closed_;                                                                      \
	})

#endif

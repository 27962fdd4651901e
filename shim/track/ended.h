/* The end of a descriptor that the table held for a socket.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENDED_H
#define SHIM_ENDED_H

#include "shim/kernel/watch.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>

/* One descriptor less. */
static inline bool socket_drop(fd_word w)
{
	watch_closed();
	return socket_unref(w);
}

/* A thread that is cancelled in a close, or jumps out of it, may leave the socket open, and nobody is there to say so. This looks whether the
 * tombstone `w` at fd is such a one, and the socket takes its place in the table again. */
bool closing_undone(int fd, fd_word w);
void closings_left(void); /* at each number */

/* The socket that `w` told of at fd ended where nobody saw it; `op` brought it to light. */
void tell_unseen(const char *op, int fd, fd_word w);
static inline void closed_unseen(const char *op, int fd, fd_word w)
{
	if (fd_kind(w) == FD_SOCKET)
		tell_unseen(op, fd, w);
}

/* What a dup2 or a freopen put itself over: told as its end. False: there was nothing that is known. */
bool replaced(const char *op, int fd, fd_word old, long ret);

#endif

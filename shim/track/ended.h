/* The end of a descriptor that the table has as a socket. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENDED_H
#define SHIM_ENDED_H

#include "shim/kernel/watch.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>

/* Drops one descriptor. */
static inline bool socket_drop(fd_word w)
{
	watch_closed();
	return socket_unref(w);
}

/* A thread that is cancelled in a close, or jumps out of it, may leave the socket open without anyone reporting it. Checks whether the
 * tombstone `w` at fd is such a case; if so, the socket is put back into the table. */
bool closing_undone(int fd, fd_word w);
void closings_left(void); /* the same for each descriptor */

/* The socket that `w` has at fd was closed unseen; `op` revealed it. */
void tell_unseen(const char *op, int fd, fd_word w);
static inline void closed_unseen(const char *op, int fd, fd_word w)
{
	if (fd_kind(w) == FD_SOCKET)
		tell_unseen(op, fd, w);
}

/* Records the end of what a dup2 or a freopen replaced. Returns false if nothing is known of it. */
bool replaced(const char *op, int fd, fd_word old, long ret);

#endif

/* Kernel queries about sockets in the table. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_QUERY_H
#define SHIM_QUERY_H

#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

/* Whether that thread of this process sleeps in a socket call on a descriptor of `w` (0: on `fd` itself, or in a poll of it alone),
 * according to /proc/self/task/TID/syscall. */
bool query_inside(int tid, int fd, fd_word w);

/* Bytes received and not read on a connected stream. 0 if the program asked for a reset on close (SO_LINGER of 0), or the peer has already
 * reset the connection. `place` is the stack id of the close: where many closes left nothing, only some are checked, see options.h. */
int query_unread(int fd, uint32_t place);

/* The kind of descriptor fd; `otherwise` if the kernel does not say, or fd is closed. */
enum kind kernel_kind(int fd, enum kind otherwise);

/* A call that was to give fd a port of the kernel's choice failed with EADDRNOTAVAIL: whether that was for lack of a port, not because fd
 * has one that is already in use with this peer, nor for lack of a source address for `peer` (NULL: none is needed). */
bool query_no_port(int fd, const struct sockaddr *peer);

/* Whether, according to the kernel, fd still is the socket that the table has for it. */
bool still_there(int fd, const struct socket *);

/* Asks the kernel for family, type and state of a descriptor that came from elsewhere; false if it is not a socket. */
bool kernel_life(int fd, struct life *);

/* SO_COOKIE of the socket that `w` has at fd, queried once; 0 if it is unknown or fd is no longer that socket. */
uint64_t cookie_of(int fd, fd_word w);

/* The same, or what does for a cookie of a pipe that was made by pipe(2) or inherited; 0 for other kinds, of which the kernel tells none. */
uint64_t identity_of(int fd, fd_word w);

#endif

/* What the kernel says of sockets that the table holds.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_QUERY_H
#define SHIM_QUERY_H

#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

/* Whether that thread of this process sleeps in a socket call on a descriptor of `w` (0: on number `fd` exactly, or in a poll of it
 * alone), by the kernel's word in /proc/self/task/TID/syscall. */
bool query_inside(int tid, int fd, fd_word w);

/* Bytes received and not read on a connected stream, 0 when a reset by closing is what the program asked for (SO_LINGER of 0), or
 * when the peer has reset the connection already.
 * `place`, a stack's id, is where the close is: where many left nothing, only some are asked, see options.h. */
int query_unread(int fd, uint32_t place);

/* What kind of descriptor fd is; `otherwise` where the kernel does not say, or there is none. */
enum kind kernel_kind(int fd, enum kind otherwise);

/* Whether a call that was to give fd a port of the kernel's choice, and failed as it does when none is left, failed for that: not
 * because fd has one, whose use with this peer is taken, nor for want of an address that leads to `peer` (NULL: none is needed). */
bool query_no_port(int fd, const struct sockaddr *peer);

/* Whether fd still is the socket that the table holds it for: the kernel's word. */
bool still_there(int fd, const struct socket *);

/* Asks the kernel for family, type and state of a descriptor that came from elsewhere; false when it is no socket. */
bool kernel_life(int fd, struct life *);

/* SO_COOKIE of the socket that `w` tells of at fd, asked once; 0 when it is unknown or the number no longer is that socket's. */
uint64_t cookie_of(int fd, fd_word w);

#endif

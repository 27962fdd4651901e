/* Descriptors that come into being: made, received, duplicated, or refused.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MAKE_H
#define SHIM_MAKE_H

#include "shim/track/call.h"

#include <stdbool.h>
#include <stdint.h>

/* A descriptor came into being: the table learns it, the line is written. `e` as above, with life. */
void made(struct event *e);
void made_from_kernel(const char *op, int fd); /* asks the kernel what it is: received by SCM_RIGHTS */

/* A descriptor that is no socket came into being; fd again, so that a hook ends with it and is one frame less to look at. */
int made_open(const char *op, int fd, enum kind, bool cloexec);

/* The same of one that has a path. `flags` as for open(2). */
int made_path(const char *op, int fd, int flags);

/* A call that was to make a descriptor failed; errno says why. fd may be -1, sock and state 0. */
void failed(const char *op, int fd, uint64_t sock, unsigned state);

/* The same where a failure is news only when descriptors have run out. */
void failed_to_open(const char *op, enum kind);

/* Whether such a failure was for want of numbers, and the shim's own descriptor was given up for it: the call is to be made once more. Not declared
 * cold: GCC then moves all that follows in a hook away with it. */
bool gave_way(void);

/* newfd was made from what `from` says; a socket that lived at newfd ended by it. */
void duplicated(const struct call *from, const char *op, int newfd, bool over, bool cloexec, long ret);

/* fcntl or ioctl has taken close-on-exec off. */
void inheritable(const struct call *, const char *op);

#endif

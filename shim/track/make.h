/* New descriptors: made, received, duplicated, or refused. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MAKE_H
#define SHIM_MAKE_H

#include "shim/track/call.h"

#include <stdbool.h>
#include <stdint.h>

/* A descriptor was made: enters it into the table and writes the line. `e` as above, with life. */
void made(struct event *e);

/* The same for one of which nothing else is to be told. `op` is a literal; `ret` is what the call returned. */
void made_plain_of(const char *op, uint32_t op_len, int fd, struct life life, bool cloexec, long ret);
static inline __attribute__((always_inline)) void made_plain(const char *op, int fd, struct life life, bool cloexec,
							     long ret)
{
	made_plain_of(op, (uint32_t)__builtin_strlen(op), fd, life, cloexec, ret);
}

void made_from_kernel(const char *op, int fd); /* asks the kernel what it is: received by SCM_RIGHTS */

/* A descriptor that is not a socket was made. Returns fd, so that a hook can end with this call and is one frame less to walk. */
int made_open_of(const char *op, uint32_t op_len, int fd, enum kind, bool cloexec);
static inline __attribute__((always_inline)) int made_open(const char *op, int fd, enum kind kind, bool cloexec)
{
	return made_open_of(op, (uint32_t)__builtin_strlen(op), fd, kind, cloexec);
}

/* The same for one that has a path. `flags` as for open(2). */
int made_path_of(const char *op, uint32_t op_len, int fd, int flags);
static inline __attribute__((always_inline)) int made_path(const char *op, int fd, int flags)
{
	return made_path_of(op, (uint32_t)__builtin_strlen(op), fd, flags);
}

/* A call that was to make a descriptor failed; errno has the error. fd may be -1, sock and state 0. */
void failed(const char *op, int fd, uint64_t sock, unsigned state);

/* The same if a failure matters only when descriptors have run out. */
void failed_to_open(const char *op, enum kind);

/* Whether such a failure was for lack of descriptors and the shim's own was given up for it: the call is to be repeated. Not declared cold:
 * GCC then moves everything that follows in a hook out of line too. */
bool gave_way(void);

/* newfd was made from what `from` describes; a socket that was at newfd has ended. */
void duplicated(const struct call *from, const char *op, int newfd, bool over, bool cloexec, long ret);

/* fcntl or ioctl cleared close-on-exec. */
void inheritable(const struct call *, const char *op);

#endif

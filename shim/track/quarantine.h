/* Keeps closed descriptor numbers out of use for a while, like ASan keeps freed memory, so that a stale use fails with EBADF and does not
 * hit a new descriptor. Nothing stays open for this: the kernel closes as always, and a descriptor that it then makes at such a number is
 * moved to another one before the host learns of it. Safe in any thread and in signal handlers; no lock, no allocation, no errno. A child
 * in its parent's memory changes nothing; a forked child inherits what is kept.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_QUARANTINE_H
#define SHIM_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

/* Around a real call that closes fd. `closed`: whether it was open. */
struct quarantining {
	int fd; /* -1: not kept */
	uint32_t was;
};
struct quarantining quarantine_begin(int fd);
void quarantine_end(const struct quarantining *, bool closed);

/* Around a real call that closes a range. */
void quarantine_begin_range(unsigned first, unsigned last);
void quarantine_end_range(unsigned first, unsigned last, bool closed);

/* Releases a number: the host chose it itself, or nothing else is left. */
void quarantine_lift(int fd);

/* A copy of fd, by F_DUPFD or F_DUPFD_CLOEXEC, at the lowest number from min on that is neither open nor kept. -1 if there is none, or fd
 * cannot be copied; the real call then returns the error. */
int quarantine_copy(int fd, int min, int command);

/* The number to use for a descriptor that was just made: fd itself, or where it was moved to. */
int quarantine_move(int fd);

/* The same in two steps: returns a copy of fd to use in its place, or -1 if fd is to stay; then close one of the two (-1: it is already
 * closed). */
int quarantine_double(int fd);
void quarantine_undouble(int fd);

/* For a call that failed with EMFILE: whether the cause was a descriptor that has two numbers while it is moved, so that the call must be
 * repeated. Call quarantine_crowd() before the real call. */
struct crowd {
	uint32_t moves;
	int tries;
};
struct crowd quarantine_crowd(void);
bool quarantine_crowded(struct crowd *);

#endif

/* Closed numbers that stay out of use for a while, as ASan keeps freed memory, so that a stale use of one fails with EBADF and does not
 * hit what came after it. Nothing is held open for that: the kernel closes as always, and a descriptor that it then makes at such a number
 * is moved to another one before the host learns of it.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno. A child on its parent's memory changes nothing; a forked one
 * inherits what is kept.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_QUARANTINE_H
#define SHIM_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

/* Around a real call that closes fd. `closed`: it was open. */
struct quarantining {
	int fd; /* -1: not kept */
	uint32_t was;
};
struct quarantining quarantine_begin(int fd);
void quarantine_end(const struct quarantining *, bool closed);

/* The same around one that closes a range. */
void quarantine_begin_range(unsigned first, unsigned last);
void quarantine_end_range(unsigned first, unsigned last, bool closed);

/* The host has chosen this number itself, or has nothing else left. */
void quarantine_lift(int fd);

/* A copy of fd, by F_DUPFD or F_DUPFD_CLOEXEC, at the lowest number from min on that is neither open nor kept. -1: there is none, or fd
 * cannot be copied; the real call then says what it is to say. */
int quarantine_copy(int fd, int min, int command);

/* The number of a descriptor that was just made: fd itself, or where it was moved to. */
int quarantine_move(int fd);

/* The same in two steps: a copy of fd to use in its place, or -1 if fd is to stay; then one of them is closed (-1: it is already). */
int quarantine_double(int fd);
void quarantine_undouble(int fd);

/* For a call that failed with EMFILE: whether that was due to a descriptor with two numbers, so that it is to be made once more. Begin with
 * quarantine_crowd() before the call. */
struct crowd {
	uint32_t moves;
	int tries;
};
struct crowd quarantine_crowd(void);
bool quarantine_crowded(struct crowd *);

#endif

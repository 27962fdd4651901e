/* The rows of fault.def as numbers, for both halves and for libsocksan-inject.so.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MODEL_FAULT_H
#define SHIM_MODEL_FAULT_H

#include <stddef.h>

enum faulty {
#define FAULTY(call, group, page) FAULTY_##call,
#include "shim/model/fault.def"
	FAULTIES
};

enum fault_group { GROUP_MAKER, GROUP_CHANGER, GROUP_DATA, GROUP_RESOLVER, GROUP_MEMORY, GROUPS };

enum fault_effect {
	DOES_FAILS,
	DOES_VALUE,
	DOES_REFUSED,
	DOES_TAKEN,
	DOES_CLOSES,
	DOES_GONE,
	DOES_RESET,
	DOES_ENDS,
	DOES_LESS
};

/* What the descriptor or the process must be; bits. */
enum fault_need {
	NEED_ANY = 0,
	NEED_ASKED = 1,
	NEED_SOCKET = 2,
	NEED_STREAM = 4, /* SOCK_STREAM of any family */
	NEED_DATAGRAM = 8,
	NEED_INET = 16, /* IPv4 or IPv6 */
	NEED_UNIX = 32,
	NEED_BLOCKING = 64,
	NEED_NONBLOCKING = 128,
	NEED_HANDLER = 256, /* some signal has a handler without SA_RESTART, so system calls are interrupted by it */
	NEED_PLAIN = 512,   /* a regular file */
	NEED_PEER =
		1024, /* SOCK_STREAM whose peer may close: no listener, nor a pair that this process made for itself */
};

/* The signal on which a thread of a program under `inject` records where it is. */
enum { FAULT_SIGNAL = 64 };

/* Errors that are no errno values. */
enum { FAULT_SHORT = 1 << 16, FAULT_END };

/* libsocksan-inject.so asks libsocksan.so by this: returns the error that the current call is to give, or 0. */
int socksan_fault(int call) __attribute__((visibility("default")));

#endif

/* What is open, by the place that opened it: for what is written when descriptors run out. It is what the table says and the kernel confirms.
 * Safe in any thread and in signal handlers; no lock, no allocation but that of its memory; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PLACES_H
#define SHIM_PLACES_H

#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* One descriptor of a place, as an example. */
struct sample {
	int fd, tid;
	struct life life;
	uint64_t t, sock, rx, tx, last;
	uint64_t close_wait; /* ns for which its peer is gone, as far as the kernel tells; 0: it is not, or not known */
	socklen_t local_len, peer_len;
	struct sockaddr_storage local, peer;
};

enum { EXAMPLES = 3 };

/* Descriptors that one call made from one stack. */
struct held_place {
	const char *op; /* NULL: not known; those were inherited, or come from where the shim does not see */
	uint32_t stack;
	struct life life; /* of which kind, or family and type */
	unsigned open, examples;
	unsigned states[STATES];
	uint64_t ages; /* sum, us */
	uint64_t rx, tx, last;
	struct sample example[EXAMPLES]; /* the oldest */
};

/* Of them all. */
struct held_places {
	int open;      /* descriptors */
	bool full;     /* no number below the limit is free */
	uint64_t now;  /* ns, CLOCK_MONOTONIC */
	unsigned n;    /* places */
	unsigned rest; /* descriptors of places for which there was no room */
	struct held_place *list;
};

/* NULL: no memory, or no system calls any more. What `list` has is the examples' own: free it. */
struct held_places *places_find(int limit);
void places_free(struct held_places *);

#endif

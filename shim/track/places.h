/* The open descriptors, by the place that made them, for the file written when descriptors run out: what the table says
 * and the kernel confirms. Safe in any thread and in signal handlers; no lock, no allocation but a mapping of its own;
 * no errno.
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
	uint64_t close_wait; /* ns since its peer closed, as far as the kernel tells; 0: it has not, or not known */
	socklen_t local_len, peer_len;
	struct sockaddr_storage local, peer;
};

enum { EXAMPLES = 3 };

/* The descriptors that one call made from one stack. */
struct held_place {
	const char *op; /* NULL: not known: inherited, or made in a way that the shim does not see */
	uint32_t stack;
	struct life life; /* kind, or family and type */
	unsigned open, examples;
	unsigned states[STATES];
	uint64_t ages; /* sum, in us */
	uint64_t rx, tx, last;
	struct sample example[EXAMPLES]; /* the oldest */
};

/* All of them. */
struct held_places {
	int open;      /* descriptors */
	bool full;     /* no number below the limit is free */
	uint64_t now;  /* ns, CLOCK_MONOTONIC */
	unsigned n;    /* places */
	unsigned rest; /* descriptors of places that found no room in the list */
	struct held_place *list;
};

/* Counts every open descriptor. `limit`: the process's limit on descriptors. Returns NULL if there is no memory, or if
 * system calls are no longer allowed. Release it, `list` included, with places_free(). */
struct held_places *places_find(int limit);
void places_free(struct held_places *);

#endif

/* What is open at one moment, by the place that opened it.
 *
 * A shared socket counts once: in the process that made it or, if that has closed it, in one of those that inherited it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CENSUS_H
#define SOCKSAN_ANALYZER_CENSUS_H

#include "analyzer/live/peers.h"
#include "analyzer/live/place_key.h"
#include "analyzer/replay/lives.h"
#include "analyzer/symbols/symbol.h"

struct census_process {
	const struct traced_process *process;
	uint64_t open;	     /* sum over the places */
	uint64_t opened;     /* in it, since it started */
	int64_t descriptors; /* the kernel's count, of every kind; -1: unknown */
	int64_t nofile;	     /* its limit; -1: unknown */
};

/* How many sockets of a place one process has. */
struct census_share {
	size_t process; /* its index in the list */
	uint64_t open;
};

struct census_place {
	char key[PLACE_KEY_SIZE]; /* stays the same after a restart, on another machine, and after edits elsewhere: see place_key.h */
	char *identity;		     /* stays the same as long as nothing is edited: it includes the line */
	const struct symbols *stack; /* NULL: none was recorded */
	const struct socket_life *oldest;
	int64_t oldest_t; /* when that was opened */
	const char *op;	  /* the call that opened it */
	uint64_t open, opened, closed, rx, tx;
	uint64_t states[STATES], kinds[KINDS]; /* of those open */
	int64_t ages[STATES];		       /* their sums, in ns */
	struct peers peers;		       /* of those open */
	struct census_share *shares;
	size_t n_shares, cap_shares;
	char *example; /* the oldest in words; NULL: not listed */
};

struct census {
	struct census_place *places; /* in descending order of how many are open */
	size_t n, cap;
	struct census_process *processes;
	size_t n_processes, cap_processes;
	bool past; /* none of the processes is running: this is what they had when they ended */
	bool written; /* written by the process itself, see open_file.h: counts descriptors, and does not know what was opened before */
	bool here;		 /* at least one is running on this machine */
	int64_t now;		 /* of CLOCK_MONOTONIC */
	int64_t wall;		 /* the same in ns since the epoch; 0: unknown */
	const char *boot, *host; /* of the first process */
	bool hosts;		 /* there are several: each process is shown with its own */
	uint64_t dropped, torn;
};

/* `peers`: count peers too. */
struct census *census_take(const struct traced_process *processes, bool peers);
void census_free(struct census *census);
void census_clear(struct census *census); /* Frees everything except the struct itself. */

/* Totals over all places: open, opened, closed, rx, tx, states and kinds. */
struct census_place census_sum(const struct census *census);

/* The age in ns, at the time of the census, of what was opened at `t`; never negative. */
int64_t census_age(const struct census *census, int64_t t);

/* "TCP socket", "pipe": what most descriptors of a place are. */
const char *census_words(const struct census_place *place);

#endif

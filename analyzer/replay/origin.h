/* A place in a program that makes sockets, and the number of its sockets that were open over time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ORIGIN_H
#define SOCKSAN_ANALYZER_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/hash.h"
#include "analyzer/replay/trend.h"

enum { GROWTH_STEPS = 16 };

struct stack_ref;

/* Steps are one second each at first, and their length doubles whenever they no longer reach the present. */
struct origin {
	const struct stack_ref *opened; /* NULL: unknown */
	uint64_t open, made, closed;	/* closed by a line in the trace */
	double lived;			/* total time for which those were open, in ns */
	uint64_t sockets;		/* of `open` */
	uint64_t summed, over;		/* made and closed by lines that were removed; see carried.h */
	uint64_t crowded;		/* a bit for each violation of which not all lines were kept */
	uint64_t seen;			/* closed since the trace was limited, as far as is known */
	int64_t outlived[2]; /* the opening time of the latest one that has been closed, by its end; 0: none */
	int64_t sibling;     /* the descriptor of the last one that was closed, if any */
	uint64_t lost;	     /* those that a violation is about, and when the first and the last of them were opened */
	int64_t first_lost, last_lost;
	int64_t first_kept[2]; /* when the first of those never closed was opened, by its end; 0: there is none */
	int64_t longest;       /* of those closed too late: the longest time that one was open */
	bool overtaken;	       /* and whether a later one was closed before it */
	uint64_t growth[GROWTH_STEPS]; /* open at the end of each step */
	size_t n;
	int64_t step;		 /* ns */
	struct trend *trend;	 /* NULL as long as few were open at once */
	int64_t end, end_opened; /* the last first end of a pair: its socket id, and when it was opened */
	UT_hash_handle hh;
};

/* The number of open sockets changes by `change`, `t` ns after the start of the process. */
void origin_change(struct origin *origin, int64_t t, int change);

void origin_clear(struct origin *origin);

/* A socket opened at `opened`, in the trace's time, was closed as descriptor `fd`. `second`: it is the second end of a pair. */
void origin_closed(struct origin *origin, int64_t opened, bool second, int64_t fd);

/* A violation says that a socket opened at `opened` was not closed, or not in time: it was closed at `closed`; 0: never. */
void origin_lost(struct origin *origin, int64_t opened, bool second, int64_t closed);

/* Whether one stayed open although a later one, of the same end where they are pairs, was closed: a program that closes one end of each pair
 * may mean to keep the other. */
bool origin_outlived(const struct origin *origin);

#endif

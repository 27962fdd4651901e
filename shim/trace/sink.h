/* The state of the file behind a trace. Private to shim/trace.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_SINK_H
#define SHIM_TRACE_SINK_H

#include "shim/kernel/sys.h"
#include "shim/state/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Blocks are counted in units. A thread's first block is one unit, each later one twice as large, up to GROW. The file
 * grows by GROW, and by GROWN once it is as long as FEW: larger pieces cost the kernel less. */
#define UNIT_BITS 9
#define GROW_BITS 16
#define GROW (1ul << GROW_BITS)
#define GROWN (4 * GROW)
#define FEW (1ul << 20)

/* The mapping comes in windows, which may reach past the file's end; no block lies across two. */
#define WINDOW_BITS 21
#define WINDOW (1ul << WINDOW_BITS)
#define WINDOWS 8192

/* What may hold a line back, in one word. */
enum gate {
	HOLDS = 0xff,	   /* the number of threads about to exec */
	FULL = 1 << 8,	   /* max_bytes is met: no more events */
	FINISHED = 1 << 9, /* no more lines */
	LATER = 1 << 10,   /* not the first trace of its process: a thread may come with a block of an earlier one */
};

enum { NOT_KEPT = -1 }; /* in place of a descriptor */

/* The offset of a thread's block is one number in all files of a trace: the first WINDOWS windows are in the first
 * file, and each segment has as many windows as the largest one needs. A window has a pane until it
 * is revoked; a thread that had a block there takes a new one. Panes are reused: the tag is the number of the
 * pane's window plus one. */
struct pane {
	uint64_t tag;
};

enum { SEGMENTS = 32 }; /* the most at a time; enough that a slot is not reused for long */

/* A file of events after the first one: see segments.h. */
struct segment {
	uint64_t number;   /* from 1 on; 0: this slot is free */
	uint64_t since;	   /* no line in it is older; none of this time or later is in a segment revoked by then */
	struct sink *file; /* its header alone: no panes, no windows */
	char *region;	   /* its memory, mapped for good, since a thread may still write a line there */
};

struct sink {
	int fd;	       /* the kept one, or NOT_KEPT */
	bool secluded; /* the name may lead elsewhere: a descriptor is kept */
	dev_t dev;
	ino_t ino;
	uint64_t base;	   /* where our part of the file begins, a multiple of the page size */
	uint64_t claimed;  /* bytes given to threads, from base */
	uint64_t appended; /* bytes of newlines written; never fewer than are claimed and used */
	unsigned gate;	   /* enum gate */
	uint64_t held_until;
	uint64_t grows_at;  /* growing failed: the time of the next try, in ns of watch_clock() */
	int lost;	    /* the `lost` line: UNTOLD, BEING_TOLD, TOLD */
	char *lost_count;   /* the end of its digits */
	int counting;	    /* a thread is writing them */
	uint64_t room;	    /* bytes that all its files may have together; 0: it stays one file */
	uint64_t spent;	    /* bytes that they have */
	int growing;	    /* a thread is extending it */
	int extends;	    /* threads that are adding to one of its files */
	struct sink *whole; /* the trace that a segment belongs to; NULL: this is no segment */
	char *region;	    /* of a segment: where it is mapped */
	char path[OPTION_PATH + 48];

	/* The rest is about the trace as a whole. */
	uint64_t events_at;    /* like `claimed`, for events once they go to segments; 0: they do not */
	uint64_t segment_size; /* the bytes of a segment */
	uint64_t segment_windows;
	uint64_t oldest, newest; /* numbers of segments; 0: none */
	uint64_t former;	 /* bytes of segments left by an earlier program in this process */
	uint64_t carried;	 /* segments up to this one have been carried on from */
	int making;		 /* the thread that has the list of segments; 0: none */
	uint64_t makes_at;	 /* the time of the next try to make one, in ns of watch_clock() */
	struct segment segment[SEGMENTS];
	struct pane pane[WINDOWS];
	char *window[WINDOWS];
	char *place[WINDOWS]; /* former windows of an earlier trace, now anonymous memory, to be mapped over again */
};

enum { TRIES_AGAIN = 20000000 }; /* ns, after a file could not be made or extended */

/* Whether fd is the file; stores its size if so. */
static inline bool file_is(const struct sink *s, int fd, uint64_t *size)
{
	struct stat st;
	if (fd < 0 || sys2(SYS_fstat, fd, &st) || st.st_dev != s->dev || st.st_ino != s->ino)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

#endif

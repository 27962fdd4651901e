/* What is known of the file behind a trace; for the files of this room alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_SINK_H
#define SHIM_TRACE_SINK_H

#include "shim/kernel/sys.h"
#include "shim/state/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Blocks are counted in units; a thread's first block is one unit, each next one twice as large, up to GROW. The file grows by GROW, and
 * by GROWN once it is as long as FEW: larger pieces cost the kernel less. */
#define UNIT_BITS 9
#define GROW_BITS 16
#define GROW (1ul << GROW_BITS)
#define GROWN (4 * GROW)
#define FEW (1ul << 20)

/* The mapping comes in windows, which may reach past the file's end; no block lies across two. */
#define WINDOW_BITS 21
#define WINDOW (1ul << WINDOW_BITS)
#define WINDOWS 8192

/* What holds a line back before it is written. */
enum gate {
	HOLDS = 0xff,	   /* so many threads are about to leave for another program */
	FULL = 1 << 8,	   /* max_bytes is met: no events any more */
	FINISHED = 1 << 9, /* no line any more */
	LATER = 1 << 10,   /* not the first of its process: a thread may come with a block of the one before */
};

enum { NOT_KEPT = -1 }; /* instead of a descriptor */

/* Where a thread's block lies is one number in all files of a trace: below WINDOWS windows it is in the first file, and each segment has
 * as many windows as the largest of them needs. A window's address stands in its pane, until the window is revoked: a thread that had a
 * block there takes a new one. Panes are used again: the tag tells whose it is, the window's number plus one. */
struct pane {
	uint64_t tag;
	uintptr_t minus; /* the address, less where the window lies */
};

enum { SEGMENTS = 32 }; /* at most so many are there: a place is not used again for a long time */

/* A file of events beside the first, see segments.h. */
struct segment {
	uint64_t number; /* from 1 on; 0: none is here */
	uint64_t
		since; /* no line is begun before it, and none of this time or later in a file that was revoked by then */
	struct sink *file; /* its header alone: no panes, no windows */
	char *region;	   /* its memory, which stays mapped for good: a thread may be amid a line */
};

struct sink {
	int fd;	       /* that is kept, or NOT_KEPT */
	bool secluded; /* the name may lead elsewhere: one is kept */
	dev_t dev;
	ino_t ino;
	uint64_t base;	   /* where ours begins in the file, a multiple of the page */
	uint64_t claimed;  /* bytes given to threads, from base */
	uint64_t appended; /* bytes of newlines written, never less than what was claimed and used */
	unsigned gate;	   /* of enum gate */
	uint64_t held_until;
	uint64_t grows_at;  /* it could not grow: not tried again before, in ns of watch_clock() */
	int lost;	    /* the `lost` line: UNTOLD, BEING_TOLD, TOLD */
	char *lost_count;   /* past the digits in it */
	int counting;	    /* a thread is writing them */
	uint64_t room;	    /* so many bytes its files may have in all; 0: it stays one file */
	uint64_t spent;	    /* bytes that they have */
	int growing;	    /* a thread makes it longer */
	struct sink *whole; /* the trace that a segment is part of; NULL: it is no segment */
	char *region;	    /* of a segment: where it is mapped */
	char path[OPTION_PATH + 48];

	/* Of the trace as a whole, from here on. */
	uint64_t events_at;    /* as `claimed`, of events once they go to segments; 0: they do not */
	uint64_t segment_size; /* a segment ends behind so many bytes */
	uint64_t segment_windows;
	uint64_t oldest, newest; /* numbers of segments; 0: there is none */
	uint64_t former;	 /* bytes of segments of an earlier program in this process */
	uint64_t carried;	 /* what is open has been carried on from those up to here */
	int making;		 /* the thread that is at the list of segments */
	uint64_t makes_at;	 /* not tried again before, in ns of watch_clock() */
	struct segment segment[SEGMENTS];
	struct pane pane[WINDOWS];
	char *window[WINDOWS];
	char *place[WINDOWS]; /* of windows of an earlier trace, in memory of our own: their turn comes again */
};

enum { TRIES_AGAIN = 20000000 }; /* ns, after the file could not be made or grow */

/* Whether fd is the file: its size then. */
static inline bool file_is(const struct sink *s, int fd, uint64_t *size)
{
	struct stat st;
	if (fd < 0 || sys2(SYS_fstat, fd, &st) || st.st_dev != s->dev || st.st_ino != s->ino)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

#endif

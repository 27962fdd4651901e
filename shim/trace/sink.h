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
	uint64_t grows_at; /* it could not grow: not tried again before, in ns of watch_clock() */
	int lost;	   /* the `lost` line: UNTOLD, BEING_TOLD, TOLD */
	char *lost_count;  /* past the digits in it */
	int counting;	   /* a thread is writing them */
	char *window[WINDOWS];
	char path[OPTION_PATH + 32];
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

/* The file behind a trace: opening it, growing it, its descriptor and its windows; for the files of this room alone.
 * Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_FILE_H
#define SHIM_TRACE_FILE_H

#include "shim/kernel/watch.h"
#include "shim/state/options.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

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
};

enum {
	NOT_KEPT = -1,
	TAKEN = -2
}; /* instead of a descriptor; TAKEN: somebody is about to give it another place, or up */

struct sink {
	int fd;
	int users; /* threads that may be using it */
	dev_t dev;
	ino_t ino;
	uint64_t base;	   /* where ours begins in the file, a multiple of the page */
	uint64_t claimed;  /* bytes given to threads, from base */
	uint64_t appended; /* bytes of newlines written, never less than what was claimed and used */
	bool keeps;	   /* a descriptor, since its name may lead nowhere */
	int borrowed;	   /* one that is open for an instant, which a child forked meanwhile closes */
	unsigned gate;	   /* of enum gate */
	uint64_t held_until;
	uint64_t grows_at; /* it could not grow: not tried again before, in ns of watch_clock() */
	int lost;	   /* the `lost` line: UNTOLD, BEING_TOLD, TOLD */
	char *lost_count;  /* past the digits in it */
	int counting;	   /* a thread is writing them */
	char *window[WINDOWS];
	char path[OPTION_PATH + 32];
};

/* For threads that wait for each other: PAUSES of them are 10 ms. */
enum { PAUSES = 20 };
static inline void pause_briefly(void)
{
	static const struct timespec half_ms = {.tv_nsec = 500000};
	sys2(SYS_nanosleep, &half_ms, NULL);
}

static inline bool mask_signals(uint64_t *mask)
{
	uint64_t all = ~0ull;
	return !sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, mask, sizeof all);
}

static inline void unmask_signals(bool masked, const uint64_t *mask)
{
	if (masked)
		sys4(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof *mask);
}

/* A descriptor of the file in use. */
struct use {
	int fd;
	bool kept; /* else it is opened for this use alone */
	uint64_t size, mask;
	bool masked;
};

/* Opens or makes the file: exclusively when it is new, so that no two processes ever share one. 0 or a negative errno. */
long file_open(struct sink *);

/* Whether fd is the file: its size then. */
bool file_is(const struct sink *, int fd, uint64_t *size);

/* The kept one when it still is ours; else the file is opened again by its name, and one kept where that is wanted and there is a place.
 * While it is in use nobody gives it up, and no signal handler jumps out. False: cannot be had; else give it back with file_release(). */
bool file_acquire(struct sink *, struct use *);
void file_release(struct sink *, struct use *);

/* Takes the kept descriptor out of the hands of all threads, for at most 10 ms of `wait`: its number, for which another or NOT_KEPT is
 * to be stored. NOT_KEPT: there is none; TAKEN: it is in use. */
int file_take(struct sink *, bool wait);

/* Bytes [0, end) from the base are in the file afterwards. Claims follow appends in the count, so two threads that append at once
 * leave some newlines too many, never a hole. */
bool file_extend(struct sink *, uint64_t end);

/* Whether the file could not grow a moment ago. To try at each event would cost the host some system calls each time. */
static inline bool file_stuck(const struct sink *s)
{
	uint64_t grows_at = __atomic_load_n(&s->grows_at, __ATOMIC_RELAXED);
	return __builtin_expect(grows_at != 0, 0) && watch_clock() < grows_at;
}

/* So much of the file is written and mapped ahead, for when it cannot grow. */
void file_prepare(struct sink *);

/* Looks where numbers run out: see trace_meets(). */
void file_find_edge(void);

/* The n-th window, mapped when first needed; NULL: it cannot be. */
char *file_map_window(struct sink *, uint64_t n);
static inline char *file_window(struct sink *s, uint64_t n)
{
	char *w = n < WINDOWS ? __atomic_load_n(&s->window[n], __ATOMIC_ACQUIRE) : NULL;
	return w || n >= WINDOWS ? w : file_map_window(s, n);
}

static inline char *file_address(struct sink *s, uint64_t offset)
{
	char *w = file_window(s, offset >> WINDOW_BITS);
	return w ? w + (offset & (WINDOW - 1)) : NULL;
}

#endif

/* The file behind a trace: opens and grows it, and manages its descriptor and windows. Private to shim/trace. Safe in
 * any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_FILE_H
#define SHIM_TRACE_FILE_H

#include "shim/kernel/watch.h"
#include "shim/trace/sink.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* One short wait for another thread; PAUSES of them take 10 ms. */
enum { PAUSES = 20 };
static inline void pause_briefly(void)
{
	struct timespec half_ms = {.tv_nsec = 500000};
	sys5(SYS_ppoll, NULL, 0, &half_ms, NULL, 0); /* not nanosleep: see park() in hooks/attach.c */
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

/* Opens or makes the file. A new one is made exclusively, so no two processes ever share one. Returns 0 or a negative
 * errno. */
long file_open(struct sink *);

/* Makes the file of a segment, fills it with `len` newlines, and maps `region` bytes of it at its region. Returns false
 * on failure. */
bool file_make(struct sink *, size_t region, size_t len);

/* Cuts the file to [0, end) from the base, if its name or a descriptor leads to it. Returns false if its name is gone,
 * so that nobody will find it. */
bool file_cut(struct sink *, uint64_t end);

/* Makes sure that bytes [0, end) from the base are in the file. The count is raised after each append, so two threads
 * that append at once leave some newlines too many, never a hole. May wait a few ms for a thread that extends it. */
bool file_extend(struct sink *, uint64_t end);

/* Whether the file could not grow a moment ago. A try at each event would cost the host some system calls each time. */
static inline bool file_stuck(const struct sink *s)
{
	uint64_t grows_at = __atomic_load_n(&s->grows_at, __ATOMIC_RELAXED);
	return __builtin_expect(grows_at != 0, 0) && watch_clock() < grows_at;
}

/* Unmaps the file. Its windows become memory that nobody reads; a later file in this process uses them again. */
void file_leave(struct sink *);

/* Extends and maps the file some way ahead, for a time when it cannot grow. */
void file_prepare(struct sink *);

/* The n-th window, mapped when first needed; NULL if it cannot be. */
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

/* The end of what is in [0, end) of the file without the newlines behind it. */
uint64_t file_without_newlines(struct sink *, uint64_t end);

/* Before the file is cut there: memory of our own replaces what lies past `end`, since threads may still write there. */
bool file_detach(struct sink *, uint64_t end, uint64_t claimed);

/* In a forked child. */
void file_unmap(const struct sink *);

static inline struct pane *file_pane(struct sink *s, uint64_t n) { return &s->pane[n % WINDOWS]; }
static inline void file_show(struct sink *s, uint64_t n)
{
	__atomic_store_n(&file_pane(s, n)->tag, n + 1, __ATOMIC_RELEASE);
}

#endif

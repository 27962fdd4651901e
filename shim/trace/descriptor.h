/* The trace's file, and the one descriptor that is kept of it in a process about to lose access to its path (another root, user or
 * namespace). The host must neither see that descriptor nor run out of numbers because of it.
 * All functions are safe in any thread and in signal handlers and touch no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_DESCRIPTOR_H
#define SHIM_TRACE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

struct sink;
extern struct sink *trace_sink __attribute__((visibility("hidden"))); /* the file that lines go to; NULL: none yet */
static inline bool trace_is_open(void) { return __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE) != NULL; }

/* Whether a file that begins with this line, perhaps cut short, is one that this very process began. NULL: none is. */
extern bool (*trace_owns)(const char *first_line);

/* The path of the trace, for what is written beside it: false when there is none, or it leads elsewhere by now. */
bool trace_path(char *path, size_t size);

/* Keeps a descriptor from now on. Call before the process loses access to the file's path. */
void trace_keep(void);

/* Keeps another descriptor if the host closed or replaced the kept one. */
void trace_keep_again(struct sink *);

/* The descriptor that is kept, or -1. */
int trace_fd(void);

/* Call after RLIMIT_NOFILE changed: moves the descriptor to a high number again. */
void trace_hide(void);

/* Moves the descriptor away from `fd`, which the host is about to take. */
void trace_move(int fd);

/* Call when the host ran out of descriptors: closes the kept one. Returns false if there is none, or two numbers are still free. */
bool trace_yield(void);

#endif

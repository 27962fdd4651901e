/* The trace's file and its descriptor, as hooks and processes have to do with them: none is kept, but where the file's name is about to
 * lead nowhere; then the host must neither meet it nor miss its number.
 * All functions are safe in any thread and in signal handlers and touch no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_DESCRIPTOR_H
#define SHIM_TRACE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

struct sink;
extern struct sink *trace_sink; /* the file that lines go to; NULL: none yet */
static inline bool trace_is_open(void) { return __atomic_load_n(&trace_sink, __ATOMIC_ACQUIRE) != NULL; }

/* Whether a file that begins with this line, perhaps cut short, is one that this very process began. NULL: none is. */
extern bool (*trace_owns)(const char *first_line);

/* Keeps a descriptor of the file from now on: another root or user may not reach it by its name. */
void trace_keep(void);

/* Where the host has closed or replaced the descriptor that is kept, another is. */
void trace_keep_again(struct sink *);

/* The descriptor that is kept, or -1. */
int trace_fd(void);

/* After the limit of descriptors changed: moves the descriptor out of the host's reach, or lets it go. */
void trace_hide(void);

/* Moves the descriptor away from `fd`, which the host is about to take. */
void trace_move(int fd);

/* The host has run out of descriptors: gives it the one that is kept. False: there was none. */
bool trace_yield(void);

#endif

/* What led to a violation that involves descriptors of kinds that are not judged: lines of their lives, written from the trail when the
 * violation is reported. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HISTORY_H
#define SHIM_HISTORY_H

#include "shim/state/options.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* Sockets are always recorded. */
static inline bool kind_is_judged(enum kind kind) { return kind == KIND_socket || options.kinds >> kind & 1; }

/* A call found fd closed, as the tombstone `w` says. Returns the id of the socket that its line refers to, or 0 if nothing that is judged
 * was involved and nothing is to be reported. */
uint64_t history_of(int fd, fd_word w);

#endif

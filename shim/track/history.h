/* What led to a violation, where descriptors have part in it that are of a kind that is not judged: lines of their lives, told from the trail
 * when the violation is.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HISTORY_H
#define SHIM_HISTORY_H

#include "shim/state/options.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* Sockets are recorded always. */
static inline bool kind_is_judged(enum kind kind) { return kind == KIND_socket || options.kinds >> kind & 1; }

/* A call found fd closed, as the tombstone `w` says: the number of the socket that its line is to name. 0: nothing that is judged had part in
 * that, and nothing is to be told. */
uint64_t history_of(int fd, fd_word w);

#endif

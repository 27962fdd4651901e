/* A profile in pprof's format: profile.proto of github.com/google/pprof, compressed with gzip.
 *
 * The encoder knows only the parts of the format that are used here: samples with labels, locations of one line each, functions, mappings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROFILE_H
#define SOCKSAN_ANALYZER_PROFILE_H

#include <stdio.h>

#include "analyzer/symbols/symbol.h"

struct profile;

/* `types`: "open", "count", "age", "nanoseconds", ...: `n` pairs of a value's name and unit. pprof shows the first by default. */
struct profile *profile_new(const char *const *types, size_t n);

/* Adds a sample: a stack, a value of each type, and a label for `-tagfocus`; NULL: none. */
void profile_add(struct profile *profile, const struct symbols *stack, const int64_t *values, const char *label,
		 const char *text);

/* The time at which it was taken, in ns since the epoch. */
void profile_time(struct profile *profile, int64_t wall);

/* Writes and frees it. -1: writing failed. */
int profile_write(FILE *out, struct profile *profile);

#endif

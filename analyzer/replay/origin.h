/* A place in a program that makes sockets, and how many of its sockets were open over time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ORIGIN_H
#define SOCKSAN_ANALYZER_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/hash.h"

enum { GROWTH_STEPS = 16 };

struct stack_ref;

/* The steps are a second each at first, and double whenever they no longer reach to the present. */
struct origin {
	const struct stack_ref *opened; /* NULL: not known */
	uint64_t open;
	uint64_t growth[GROWTH_STEPS]; /* open at the end of each step */
	size_t n;
	int64_t step; /* ns */
	UT_hash_handle hh;
};

/* `change` more are open, at `t` ns after the process began. */
void origin_change(struct origin *origin, int64_t t, int change);

#endif

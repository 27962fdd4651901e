/* Sets of integers, such as pids and descriptors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INT_SET_H
#define SOCKSAN_ANALYZER_INT_SET_H

#include <stddef.h>
#include <stdint.h>

struct int_set {
	int64_t *values; /* to be freed; ascending and without duplicates once settled */
	size_t n, cap;
};

/* Any number of them, in any order, costs little more than sorting them. */
void int_set_add(struct int_set *set, int64_t value);

void int_set_add_all(struct int_set *set, const struct int_set *others);

/* Call after the last one was added. */
void int_set_settle(struct int_set *set);

#endif

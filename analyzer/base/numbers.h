/* Sets of numbers: processes, descriptors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_NUMBERS_H
#define SOCKSAN_ANALYZER_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers {
	int64_t *values; /* to be freed; ascending, each once, when settled */
	size_t n, cap;
};

/* Any number of them in any order takes little more than sorting them. */
void numbers_add(struct numbers *numbers, int64_t value);

void numbers_add_all(struct numbers *numbers, const struct numbers *others);

/* After the last was added. */
void numbers_settle(struct numbers *numbers);

#endif

/* Sets of numbers: see numbers.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/numbers.h"

#include <stdlib.h>

#include "analyzer/base/util.h"

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void numbers_settle(struct numbers *numbers)
{
	size_t kept = 0;
	if (numbers->n)
		qsort(numbers->values, numbers->n, sizeof *numbers->values, compare);
	for (size_t i = 0; i < numbers->n; i++)
		if (kept == 0 || numbers->values[kept - 1] != numbers->values[i])
			numbers->values[kept++] = numbers->values[i];
	numbers->n = kept;
}

void numbers_add(struct numbers *numbers, int64_t value)
{
	if (numbers->n && numbers->values[numbers->n - 1] == value)
		return;
	if (numbers->n == numbers->cap) {
		numbers_settle(numbers);
		/* Half of the room has to be free again, or the next sorting would come too soon. */
		if (numbers->n >= numbers->cap / 2) {
			numbers->cap = numbers->cap ? 2 * numbers->cap : 8;
			numbers->values = xreallocarray(numbers->values, numbers->cap, sizeof *numbers->values);
		}
	}
	numbers->values[numbers->n++] = value;
}

void numbers_add_all(struct numbers *numbers, const struct numbers *others)
{
	for (size_t i = 0; i < others->n; i++)
		numbers_add(numbers, others->values[i]);
}

/* Sets of integers: see int_set.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/int_set.h"

#include <stdlib.h>

#include "analyzer/base/util.h"

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void int_set_settle(struct int_set *set)
{
	size_t kept = 0;
	if (set->n)
		qsort(set->values, set->n, sizeof *set->values, compare);
	for (size_t i = 0; i < set->n; i++)
		if (kept == 0 || set->values[kept - 1] != set->values[i])
			set->values[kept++] = set->values[i];
	set->n = kept;
}

void int_set_add(struct int_set *set, int64_t value)
{
	if (set->n && set->values[set->n - 1] == value)
		return;
	if (set->n == set->cap) {
		int_set_settle(set);
		/* Require half of the space to be free again, or the next sort would come too soon. */
		if (set->n >= set->cap / 2) {
			set->cap = set->cap ? 2 * set->cap : 8;
			set->values = xreallocarray(set->values, set->cap, sizeof *set->values);
		}
	}
	set->values[set->n++] = value;
}

void int_set_add_all(struct int_set *set, const struct int_set *others)
{
	for (size_t i = 0; i < others->n; i++)
		int_set_add(set, others->values[i]);
}

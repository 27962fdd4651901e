/* The mistake, or with FIXED set to 1 its correction: see explore_dup.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int split(int ends[2], int *other)
{
	if (scaffold_pair(ends) < 0)
		return -1;
	*other = dup(ends[0]);
	if (*other < 0) {
		if (FIXED) {
			close(ends[0]);
			close(ends[1]);
		}
		return -1;
	}
	return 0;
}

int main(void)
{
	int ends[2], other;

	if (split(ends, &other) < 0)
		return scaffold_failed("dup");
	scaffold_close(other);
	scaffold_close(ends[0]);
	scaffold_close(ends[1]);
	return 0;
}

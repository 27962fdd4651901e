/* The mistake, or with FIXED set to 1 its correction: see explore_realloc.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int *table;
static size_t n;

static int keep(int fd)
{
	int *larger = realloc(table, (n + 1) * sizeof *table);

	if (!larger) {
		if (!FIXED)
			n = 0;
		return -1;
	}
	table = larger;
	table[n++] = fd;
	return 0;
}

static int make(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (keep(fd) == 0)
		return 0;
	close(fd);
	return -1;
}

int main(void)
{
	int first = make(), second = first ? -1 : make();

	while (n > 0)
		close(table[--n]);
	free(table);
	return first || second ? scaffold_failed("realloc") : 0;
}

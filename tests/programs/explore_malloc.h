/* The mistake, or with FIXED set to 1 its correction: see explore_malloc.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

struct connection {
	int fd;
};

static struct connection *connection_new(int fd)
{
	struct connection *c = malloc(sizeof *c);

	if (!c && FIXED)
		return NULL;
	c->fd = fd;
	return c;
}

int main(void)
{
	struct connection *volatile c = connection_new(0); /* or the compiler does without */

	if (!c)
		return scaffold_failed("malloc");
	printf("%d\n", c->fd);
	free(c);
	return 0;
}

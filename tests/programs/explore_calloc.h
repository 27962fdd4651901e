/* The mistake, or with FIXED set to 1 its correction: see explore_calloc.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

struct connection {
	int fd;
};

static struct connection *welcome(int listener)
{
	struct connection *c;
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return NULL;
	c = calloc(1, sizeof *c);
	if (!c) {
		if (FIXED)
			close(fd);
		return NULL;
	}
	c->fd = fd;
	return c;
}

int main(void)
{
	struct sockaddr_in at;
	int listener = scaffold_listener(&at), client;
	struct connection *c;

	if (listener < 0)
		return scaffold_failed("listen");
	client = scaffold_dial(&at);
	if (client < 0) {
		close(listener);
		return scaffold_failed("connect");
	}
	c = welcome(listener);
	if (c)
		close(c->fd);
	free(c);
	scaffold_close(client);
	scaffold_close(listener);
	return c ? 0 : scaffold_failed("accept");
}

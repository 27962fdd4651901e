/* The mistake, or with FIXED set to 1 its correction: see explore_accept.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int welcome(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0 && !FIXED)
		close(listener);
	return fd;
}

int main(void)
{
	struct sockaddr_in at;
	int listener = scaffold_listener(&at), client, fd;

	if (listener < 0)
		return scaffold_failed("listen");
	client = scaffold_dial(&at);
	if (client < 0) {
		scaffold_close(listener);
		return scaffold_failed("connect");
	}
	fd = welcome(listener);
	scaffold_close(fd);
	scaffold_close(client);
	close(listener);
	return fd < 0 ? scaffold_failed("accept") : 0;
}

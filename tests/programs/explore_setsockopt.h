/* The mistake, or with FIXED set to 1 its correction: see explore_setsockopt.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int tune(const struct sockaddr_in *at)
{
	int on = 1, fd = scaffold_dial(at);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0) {
		if (FIXED)
			close(fd);
		return -1;
	}
	return fd;
}

int main(void)
{
	struct sockaddr_in at;
	int listener = scaffold_listener(&at), fd;

	if (listener < 0)
		return scaffold_failed("listen");
	fd = tune(&at);
	scaffold_close(fd);
	scaffold_close(listener);
	return fd < 0 ? scaffold_failed("setsockopt") : 0;
}

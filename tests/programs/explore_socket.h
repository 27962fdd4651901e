/* The mistake, or with FIXED set to 1 its correction: see explore_socket.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int dial(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 && FIXED)
		return -1;
	if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0) {
		scaffold_close(fd);
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
	fd = dial(&at);
	scaffold_close(fd);
	scaffold_close(listener);
	return fd < 0 ? scaffold_failed("connect") : 0;
}

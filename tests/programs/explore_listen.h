/* The mistake, or with FIXED set to 1 its correction: see explore_listen.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int serve(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		close(fd);
		return -1;
	}
	if (listen(fd, 8) < 0) {
		if (FIXED)
			close(fd);
		return -1;
	}
	return fd;
}

int main(void)
{
	int fd = serve();

	scaffold_close(fd);
	return fd < 0 ? scaffold_failed("listen") : 0;
}

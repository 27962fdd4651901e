/* The mistake, or with FIXED set to 1 its correction: see explore_paths.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int give_up(int fd)
{
	if (FIXED)
		close(fd);
	return -1;
}

static int make(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return give_up(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0)
		return give_up(fd);
	return fd;
}

int main(void)
{
	int fd = make();

	scaffold_close(fd);
	return fd < 0 ? scaffold_failed("setsockopt") : 0;
}

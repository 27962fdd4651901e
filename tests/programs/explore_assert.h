/* The mistake, or with FIXED set to 1 its correction: see explore_assert.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

int main(void)
{
	struct sockaddr_in at;
	int listener = scaffold_listener(&at), fd, failed;

	if (listener < 0)
		return scaffold_failed("listen");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0) {
		close(listener);
		return scaffold_failed("socket");
	}
	failed = connect(fd, (struct sockaddr *)&at, sizeof at);
	if (failed && !FIXED)
		abort();
	close(fd);
	close(listener);
	return failed ? scaffold_failed("connect") : 0;
}

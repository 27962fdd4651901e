/* The mistake, or with FIXED set to 1 its correction: see explore_spin.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int send_all(int fd, const char *data, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t more = send(fd, data + done, n - done, MSG_NOSIGNAL);
		if (more > 0)
			done += (size_t)more;
		else if (FIXED)
			return -1;
	}
	return 0;
}

int main(void)
{
	int ends[2], failed;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = send_all(ends[0], "hello", 5);
	scaffold_close(ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("send") : 0;
}

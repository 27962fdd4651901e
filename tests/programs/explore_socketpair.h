/* The mistake, or with FIXED set to 1 its correction: see explore_socketpair.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int pairs(int first[2], int second[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, first) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, second) < 0) {
		if (FIXED) {
			close(first[0]);
			close(first[1]);
		}
		return -1;
	}
	return 0;
}

int main(void)
{
	int first[2], second[2];

	if (pairs(first, second) < 0)
		return scaffold_failed("socketpair");
	for (int i = 0; i < 2; i++) {
		scaffold_close(first[i]);
		scaffold_close(second[i]);
	}
	return 0;
}

/* The mistake, or with FIXED set to 1 its correction: see explore_getpeername.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

/* Says goodbye to a client that has ended its side; gives the connection up when it breaks. */
static int part_from(int fd)
{
	char line[8];
	ssize_t n;

	while ((n = recv(fd, line, sizeof line, 0)) > 0)
		;
	if (n == 0 && send(fd, "bye", 3, MSG_NOSIGNAL) == 3)
		return 0;
	close(fd);
	return -1;
}

static void serve(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof from;

	if (getpeername(fd, (struct sockaddr *)&from, &len) < 0)
		fprintf(stderr, "a client without an address\n");
	if (part_from(fd) == 0 || !FIXED)
		close(fd);
}

int main(void)
{
	int ends[2];
	char last[8];

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("pair");
	if (scaffold_send(ends[0], "ask") < 0)
		fprintf(stderr, "send failed\n");
	shutdown(ends[0], SHUT_WR);
	serve(ends[1]);
	while (recv(ends[0], last, sizeof last, 0) > 0)
		;
	close(ends[0]);
	return 0;
}

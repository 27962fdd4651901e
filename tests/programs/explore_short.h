/* The mistake, or with FIXED set to 1 its correction: see explore_short.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

enum { RECORD = 8 };

static int receive(int fd, char *record)
{
	size_t got = 0;
	ssize_t n;

	do {
		n = recv(fd, record + got, RECORD - got, 0);
		got += n > 0 ? (size_t)n : 0;
	} while (FIXED && n > 0 && got < RECORD);
	return n < 0 ? -1 : got == RECORD;
}

static int print_records(int fd)
{
	char record[RECORD];
	int got;

	while ((got = receive(fd, record)) > 0)
		fwrite(record, 1, RECORD, stdout);
	return got;
}

int main(void)
{
	int ends[2], failed;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = scaffold_send(ends[1], "record1\nrecord2\n");
	scaffold_close(ends[1]);
	failed |= print_records(ends[0]);
	scaffold_close(ends[0]);
	return failed ? scaffold_failed("recv") : 0;
}

/* The mistake, or with FIXED set to 1 its correction: see explore_fdopen.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static FILE *stream_of(int fd)
{
	FILE *stream = fdopen(fd, "r+");

	if (!stream && FIXED)
		close(fd);
	return stream;
}

int main(void)
{
	int ends[2];
	FILE *stream;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	stream = stream_of(ends[0]);
	if (stream)
		fclose(stream);
	scaffold_close(ends[1]);
	return stream ? 0 : scaffold_failed("fdopen");
}

/* The progress of an exploration: see progress_line.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/progress_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/util.h"

static bool shown;
static int64_t last;

void progress_line(const struct explored *explored, size_t found, int64_t took)
{
	enum { EVERY = 200000000 };
	if (took - last < EVERY || !isatty(STDERR_FILENO))
		return;
	last = took;
	shown = true;
	uint64_t left = explored_count(explored, EXPLORED_NOT_TRIED), all = 0;
	for (size_t i = 0; i < explored->n; i++)
		all += explored->sites[i].n;
	char *time = time_text(took);
	fprintf(stderr, "\r\033[Ksocksan: %llu of %llu failures tried, %zu found, %s", (unsigned long long)(all - left),
		(unsigned long long)all, found, time);
	free(time);
	fflush(stderr);
}

void progress_line_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}

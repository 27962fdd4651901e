/* Shows the progress of long work on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static time_t begun;
static bool shown;
static const char *stage = "";

void progress_stage(const char *what)
{
	if (strcmp(stage, what) != 0)
		progress_end();
	stage = what;
}

void progress_show(uint64_t done, uint64_t total)
{
	struct timespec now;
	static time_t last;
	if (!isatty(STDERR_FILENO) || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return;
	if (!begun)
		begun = now.tv_sec;
	if (now.tv_sec - begun < 2 || now.tv_sec == last || total == 0)
		return;
	last = now.tv_sec;
	shown = true;
	fprintf(stderr, "\rsocksan: %s, %3d %%", stage, done < total ? (int)(100 * done / total) : 100);
}

void progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}

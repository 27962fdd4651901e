/* What the kernel says of a process that runs: see limits_now.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/limits_now.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/proc.h"

/* Whether the number of the process is its number here. */
static bool is_visible(const struct traced_process *process)
{
	return process->end == END_RUNNING && (process->pidns < 0 || process->pidns == proc_pid_namespace());
}

int64_t descriptors_now(const struct traced_process *process)
{
	char path[64];
	struct stat st;
	int64_t n = 0;
	if (!is_visible(process))
		return -1;
	snprintf(path, sizeof path, "/proc/%lld/fd", (long long)process->pid);
	DIR *folder = opendir(path);
	if (!folder)
		return -1;
	/* Since Linux 6.2 their number is the folder's size; one by one they take long. */
	if (stat(path, &st) == 0 && st.st_size > 0)
		n = st.st_size;
	else
		for (struct dirent *entry; (entry = readdir(folder));)
			n += *entry->d_name != '.';
	closedir(folder);
	return n;
}

int64_t nofile_now(const struct traced_process *process)
{
	static const char word[] = "\nMax open files";
	char *limits = is_visible(process) ? proc_read((pid_t)process->pid, "limits", NULL) : NULL;
	const char *at = limits ? strstr(limits, word) : NULL;
	long long n = at ? atoll(at + sizeof word - 1) : 0; /* 0: unlimited, which cannot be, or none */
	free(limits);
	return n > 0 ? n : process->nofile;
}

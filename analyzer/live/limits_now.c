/* What the kernel says about a running process: see limits_now.h.
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

/* The pid here; 0: it is not running, or not visible. */
static pid_t number_here(const struct traced_process *process)
{
	if (process->end != END_RUNNING)
		return 0;
	return process->pidns < 0 ? (pid_t)process->pid
				  : proc_here(process->pidns, (pid_t)process->pid, (unsigned long long)process->start);
}

int64_t descriptors_now(const struct traced_process *process)
{
	char path[64];
	struct stat st;
	int64_t n = 0;
	pid_t pid = number_here(process);
	if (!pid)
		return -1;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *folder = opendir(path);
	if (!folder)
		return -1;
	/* Since Linux 6.2, the size of the directory is the number of descriptors; counting them takes long. */
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
	pid_t pid = number_here(process);
	char *limits = pid ? proc_read(pid, "limits", NULL) : NULL;
	const char *at = limits ? strstr(limits, word) : NULL;
	long long n = at ? atoll(at + sizeof word - 1) : 0; /* 0: unlimited, which cannot be, or missing */
	free(limits);
	return n > 0 ? n : process->nofile;
}

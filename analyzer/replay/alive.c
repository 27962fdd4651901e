/* Whether a process of a trace still runs on this machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/replay/alive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "analyzer/base/proc.h"

static bool read_line(const char *path, char *line, size_t n)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool ok = fgets(line, (int)n, file) != NULL;
	fclose(file);
	line[ok ? strcspn(line, "\n") : 0] = 0;
	return ok;
}

static bool is_here(const char *boot, const char *host)
{
	struct utsname name;
	char here[64];
	return boot && host && uname(&name) == 0 && strcmp(name.nodename, host) == 0 &&
	       read_line("/proc/sys/kernel/random/boot_id", here, sizeof here) && strcmp(here, boot) == 0;
}

/* A process of another namespace has a different pid here. */
static enum alive alive_elsewhere(int64_t pid, int64_t pidns, int64_t start)
{
	switch (proc_find(pidns, (pid_t)pid, (unsigned long long)start)) {
	case PROC_PRESENT: return ALIVE;
	case PROC_ABSENT: return GONE;
	case PROC_HIDDEN: break;
	}
	return MAY_LIVE;
}

enum alive process_alive(int64_t pid, int64_t pidns, int64_t start, const char *boot, const char *host)
{
	struct proc_stat stat;
	if (start < 0 || !is_here(boot, host))
		return CANNOT_TELL;
	if (pidns >= 0 && pidns != proc_pid_namespace())
		return alive_elsewhere(pid, pidns, start);
	if (proc_stat((pid_t)pid, &stat) != 0)
		return errno == ENOENT || errno == ESRCH ? GONE : CANNOT_TELL;
	return stat.alive && stat.start == (unsigned long long)start ? ALIVE : GONE;
}

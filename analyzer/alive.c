/* Whether a process of a trace still runs on this machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/alive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

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

enum alive process_alive(int64_t pid, int64_t start, const char *boot, const char *host)
{
	char path[64], stat[1024];
	if (start < 0 || !is_here(boot, host))
		return CANNOT_TELL;
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	if (!read_line(path, stat, sizeof stat))
		return errno == ENOENT || errno == ESRCH ? GONE : CANNOT_TELL;
	/* The name, in brackets, may hold anything: fields are counted from its end. The state is the third one. */
	const char *field = strrchr(stat, ')');
	if (!field || field[1] != ' ')
		return CANNOT_TELL;
	if (field[2] == 'Z' || field[2] == 'X')
		return GONE;
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return CANNOT_TELL;
	return strtoll(field, NULL, 10) == start ? ALIVE : GONE;
}

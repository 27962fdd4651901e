/* Opening files that others named: only regular ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "analyzer/base/util.h"

/* The kernel's own files call themselves regular, yet some block, and some have effects. */
static bool is_of_the_kernel(int fd)
{
	struct statfs fs;
	if (fstatfs(fd, &fs) < 0)
		return true;
	switch ((unsigned long)fs.f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case BPF_FS_MAGIC:
	case BINFMTFS_MAGIC: return true;
	default: return false;
	}
}

int open_regular(const char *path, struct stat *st)
{
	char again[32];
	int fd = -1, at = open(path, O_PATH | O_CLOEXEC);
	if (at < 0)
		return -1;
	if (fstat(at, st) == 0) {
		snprintf(again, sizeof again, "/proc/self/fd/%d", at);
		if (!S_ISREG(st->st_mode) || is_of_the_kernel(at))
			errno = EINVAL;
		else
			fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	int saved = errno;
	close(at);
	errno = saved;
	return fd;
}

int64_t changed_ns(const struct stat *st)
{
	int64_t seconds = st->st_mtim.tv_sec, most = INT64_MAX / 1000000000 - 1;
	seconds = seconds > most ? most : seconds < 0 ? 0 : seconds;
	return seconds * 1000000000 + st->st_mtim.tv_nsec;
}

char *read_whole(int fd, size_t size)
{
	char *text = xcalloc(size + 1, 1);
	size_t n = 0;
	ssize_t got;
	while (n < size && (got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	if (n == size)
		return text;
	free(text);
	return NULL;
}

/* Opens files whose names come from outside: only regular ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "analyzer/base/util.h"

/* The kernel's own files claim to be regular, but some block and some have side effects. */
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

/* Opening files that others named: only regular ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "analyzer/util.h"

int open_regular(const char *path, struct stat *st)
{
	char again[32];
	int fd = -1, at = open(path, O_PATH | O_CLOEXEC);
	if (at < 0)
		return -1;
	if (fstat(at, st) == 0) {
		errno = EINVAL;
		snprintf(again, sizeof again, "/proc/self/fd/%d", at);
		if (S_ISREG(st->st_mode))
			fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	int saved = errno;
	close(at);
	errno = saved;
	return fd;
}

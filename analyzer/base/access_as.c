/* What another user may do with a file: a child becomes that user, and tries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/base/access_as.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

static int become(const struct passwd *known, uid_t user, gid_t group)
{
	int result = known ? initgroups(known->pw_name, group) : setgroups(1, &group);
	return result | setresgid(group, group, group) | setresuid(user, user, user);
}

int access_as(uid_t user, gid_t group, const char *path, int mode)
{
	int status;
	if (geteuid() != 0 || user == 0)
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno;
	const struct passwd *known = getpwuid(user);
	pid_t child = fork();
	if (child < 0)
		return errno;
	if (child == 0)
		_exit(become(known, user, group) != 0 || access(path, mode) != 0 ? errno : 0);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EACCES;
}

/* A network namespace for a process: see network.h; unshare(2), user_namespaces(7), netdevice(7).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A process without the right to make one may do so in a user namespace, in which the user stays the same. */
static bool enter_as_user(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	snprintf(map, sizeof map, "%u %u 1", uid, uid);
	if (!put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof map, "%u %u 1", gid, gid);
	return put("/proc/self/gid_map", map);
}

bool network_enter(void)
{
	struct ifreq loopback = {.ifr_name = "lo"};
	if (unshare(CLONE_NEWNET) < 0 && !enter_as_user())
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &loopback) == 0;
	loopback.ifr_flags |= IFF_UP;
	up = up && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
	if (fd >= 0)
		close(fd);
	return up;
}

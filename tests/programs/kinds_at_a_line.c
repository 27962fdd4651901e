/* An epoll set and a pipe that are made on one line and left open: two mistakes, one for each kind. With an argument, a file and two folders
 * that one call opens in turn: closed twice if it is `twice`, otherwise left open.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAKE_BOTH(ends) (pipe2(ends, O_CLOEXEC) | epoll_create1(EPOLL_CLOEXEC))

int main(int argc, char **argv)
{
	static const char *const paths[] = {"/", "/etc/passwd", "/tmp"};
	int ends[2];
	if (argc < 2)
		return MAKE_BOTH(ends) < 0;
	for (int i = 0; i < 3; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 1;
		for (int times = strcmp(argv[1], "twice") == 0 ? 2 : 0; times > 0; times--)
			close(fd);
	}
	return 0;
}

/* A UDP socket of a parent that only its child uses.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

enum end { CLOSES, ENDS, IS_KILLED };

static inline void answer(int fd, enum end end)
{
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	char byte;

	MUST(recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &size));
	MUST(sendto(fd, &byte, 1, 0, (struct sockaddr *)&from, size));
	if (end == CLOSES)
		close(fd);
	if (end == IS_KILLED)
		raise(SIGKILL);
	_exit(0);
}

/* The parent's socket. */
static inline int serve(enum end end)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), asker, status;
	pid_t child;

	MUST(bind(fd, (struct sockaddr *)&at, size));
	MUST(getsockname(fd, (struct sockaddr *)&at, &size));
	child = MUST(fork());
	if (child == 0)
		answer(fd, end);
	asker = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	MUST(sendto(asker, "x", 1, 0, (struct sockaddr *)&at, sizeof at));
	take(asker, 1);
	close(asker);
	MUST(waitpid(child, &status, 0));
	EXPECT(end == IS_KILLED ? WIFSIGNALED(status) : WIFEXITED(status));
	return fd;
}

/* Good habits: every result checked, timeouts set, one owner that marks what it closed, shutdown before close.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void close_once(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_timeouts(int fd)
{
	struct timeval limit = {.tv_sec = 5};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

static int ask(const struct sockaddr_in *at, char *answer, size_t size)
{
	ssize_t length = -1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && set_timeouts(fd) && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 &&
	    send(fd, "hello", 5, MSG_NOSIGNAL) == 5 && shutdown(fd, SHUT_WR) == 0)
		length = recv(fd, answer, size, MSG_WAITALL);
	close_once(&fd);
	close_once(&fd);
	return (int)length;
}

static void *serve(void *listening)
{
	char request[8];
	ssize_t length;
	int peer = accept4(*(int *)listening, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0)
		return NULL;
	while (set_timeouts(peer) && (length = recv(peer, request, sizeof request, 0)) > 0)
		if (send(peer, request, (size_t)length, MSG_NOSIGNAL) != length)
			break;
	close_once(&peer);
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t server;
	char answer[5];
	int fd = listener(&at);

	EXPECT(pthread_create(&server, NULL, serve, &fd) == 0);
	EXPECT(ask(&at, answer, sizeof answer) == sizeof answer);
	pthread_join(server, NULL);
	close_once(&fd);
	EXPECT(ask(&at, answer, sizeof answer) == -1); /* nobody there any more: nothing is left open either */
	return 0;
}

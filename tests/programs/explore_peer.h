/* The mistake, or with FIXED set to 1 its correction: see explore_peer.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

#include <sys/wait.h>

/* Reads the answers up to the end; gives the connection up when it breaks. */
static int listen_to(int fd)
{
	char answer[8];
	ssize_t n;

	while ((n = recv(fd, answer, sizeof answer, 0)) > 0)
		if (answer[n - 1] == '\n')
			return 0;
	close(fd);
	return -1;
}

static int ask(const struct sockaddr_in *at)
{
	int fd = scaffold_dial(at);

	if (fd < 0 || scaffold_send(fd, "ask") < 0) {
		scaffold_close(fd);
		return -1;
	}
	shutdown(fd, SHUT_WR);
	if (listen_to(fd) == 0 || !FIXED)
		close(fd);
	return 0;
}

/* Answers once the client has ended its side, which is not the end of the connection. */
static void answer(int fd)
{
	char line[8];

	while (read(fd, line, sizeof line) > 0)
		;
	usleep(20000);
	for (int i = 0; i < 3; i++)
		write(fd, i < 2 ? "word" : "end\n", 4);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int listener = scaffold_listener(&at), status = 0;

	signal(SIGPIPE, SIG_IGN);
	pid_t server = listener < 0 ? -1 : fork();
	if (server < 0)
		return scaffold_failed("start");
	if (!server) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		close(listener);
		if (fd >= 0)
			answer(fd);
		_exit(fd < 0);
	}
	close(listener);
	if (ask(&at) < 0)
		kill(server, SIGTERM);
	return waitpid(server, &status, 0) == server && !status ? 0 : scaffold_failed("server");
}

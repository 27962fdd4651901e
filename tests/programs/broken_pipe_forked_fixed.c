/* The child stops when it hears that the client has gone. What is known of an earlier connection of the socket counts no more.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	close(fd);
	_exit(0);
}

static void connect_again(void)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	struct sockaddr_in at;
	int listening = listener(&at), fd = client(&at);

	close(MUST(accept(listening, NULL, NULL)));
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	MUST(connect(fd, &nowhere, sizeof nowhere));
	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	close(MUST(accept(listening, NULL, NULL)));
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	close(fd);
	close(listening);
}

int main(void)
{
	int ends[2];
	pid_t pid;

	connection(ends);
	pid = MUST(fork());
	if (pid == 0) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	close(ends[0]);
	wait_for(pid);
	connect_again();
	return 0;
}

/* A child that writes to a slow reader gives up in time.
 * Expect: silent
 * Options: --limit=no-timeout=1s
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/time.h>

static char message[1 << 23];

static void talk(const struct sockaddr_in *at)
{
	int fd = client(at);
	struct timeval limit = {.tv_sec = 30};

	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
	EXPECT(send(fd, message, sizeof message, 0) == sizeof message);
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), peer;
	pid_t pid = MUST(fork());

	if (pid == 0)
		talk(&at);
	peer = MUST(accept(fd, NULL, NULL));
	usleep(1300000);
	while (MUST((int)recv(peer, message, sizeof message, 0)) > 0)
		;
	wait_for(pid);
	close(peer);
	close(fd);
	return 0;
}

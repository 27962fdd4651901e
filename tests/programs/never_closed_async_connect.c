/* A nonblocking connect is refused; SO_ERROR says so, and the socket is dropped.
 * Expect: never-closed cause=connect-failed function=dial
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

static int dial(const struct sockaddr_in *at)
{
	int error = 0, fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	socklen_t size = sizeof error;
	struct pollfd wait = {fd, POLLOUT, 0};

	if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == EINPROGRESS) {
		EXPECT(poll(&wait, 1, -1) == 1);
		MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
		EXPECT(error == ECONNREFUSED);
	}
	return -1;
}

int main(void)
{
	struct sockaddr_in at;
	int nobody_listens = bound(&at);

	EXPECT(dial(&at) == -1);
	close(nobody_listens);
	return 0;
}

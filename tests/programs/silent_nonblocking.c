/* A nonblocking connect that poll and SO_ERROR complete; calls that say EAGAIN on the way.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

int main(void)
{
	struct sockaddr_in at;
	struct pollfd wait = {.events = POLLOUT};
	socklen_t size = sizeof(int);
	char byte;
	int server = listener(&at), error = -1, peer;

	wait.fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	MUST(fcntl(server, F_SETFL, O_NONBLOCK));
	EXPECT(accept(server, NULL, NULL) == -1);
	EXPECT(connect(wait.fd, (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
	EXPECT(poll(&wait, 1, -1) == 1);
	MUST(getsockopt(wait.fd, SOL_SOCKET, SO_ERROR, &error, &size));
	EXPECT(error == 0);
	EXPECT(recv(wait.fd, &byte, 1, 0) == -1 && errno == EAGAIN);
	peer = MUST(accept(server, NULL, NULL));
	MUST(send(wait.fd, "x", 1, 0));
	EXPECT(recv(peer, &byte, 1, 0) == 1);
	close(peer);
	close(wait.fd);
	close(server);
	return 0;
}

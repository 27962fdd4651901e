/* TCP fast open: a send that connects, on a socket that was not connected before; blocking and not.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at);

	for (int flags = 0; flags <= SOCK_NONBLOCK; flags += SOCK_NONBLOCK) {
		struct pollfd wait = {.fd = MUST(socket(AF_INET, SOCK_STREAM | flags, 0)), .events = POLLOUT};
		ssize_t sent = sendto(wait.fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&at, sizeof at);
		int peer = MUST(accept(server, NULL, NULL));

		EXPECT(sent == 1 || (flags && errno == EINPROGRESS));
		EXPECT(poll(&wait, 1, -1) == 1);
		if (sent < 0)
			MUST(send(wait.fd, "x", 1, 0));
		take(peer, 1);
		close(wait.fd);
		close(peer);
	}
	close(server);
	return 0;
}

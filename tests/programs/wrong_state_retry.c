/* A sender tries first, and connects when the error says that it must: the message arrives.
 * Expect: wrong-state severity=note function=say
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say(int fd, const struct sockaddr_in *at)
{
	while (send(fd, "hello", 5, MSG_NOSIGNAL) < 0)
		MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
}

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), peer;

	say(fd, &at);
	peer = MUST(accept(server, NULL, NULL));
	take(peer, 5);
	close(peer);
	close(fd);
	close(server);
	return 0;
}

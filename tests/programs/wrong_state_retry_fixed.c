/* The same sender connects first.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say(int fd, const struct sockaddr_in *at)
{
	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(send(fd, "hello", 5, MSG_NOSIGNAL));
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

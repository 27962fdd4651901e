/* Nobody is waiting, accept says so, and the server listens to it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void greet(int peer) { send(peer, "hello", 5, MSG_NOSIGNAL); }

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), peer;

	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	peer = accept(fd, NULL, NULL);
	if (peer >= 0)
		greet(peer);
	close(fd);
	return 0;
}

/* Nobody is waiting, accept returns -1, and the server greets it.
 * Expect: bad-fd function=greet
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
	greet(peer);
	close(fd);
	return 0;
}

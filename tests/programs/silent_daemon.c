/* A server listens, then becomes a daemon: the parent leaves by _exit, the child serves on and closes.
 * Expect: silent
 * Sockets: 3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), visitor, peer;

	MUST(daemon(1, 0));
	visitor = client(&at);
	peer = MUST(accept(fd, NULL, NULL));
	MUST(send(peer, "x", 1, 0));
	take(visitor, 1);
	close(peer);
	close(visitor);
	close(fd);
	return 0;
}

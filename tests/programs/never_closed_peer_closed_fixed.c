/* The server reads to the end of a connection and closes its own side.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	char byte;
	int peer = MUST(accept(fd, NULL, NULL));

	while (MUST(recv(peer, &byte, 1, 0)) > 0)
		;
	close(peer);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), visitor = client(&at);

	MUST(send(visitor, "x", 1, 0));
	close(visitor);
	serve(fd);
	close(fd);
	return 0;
}

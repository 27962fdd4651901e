/* The server reads to the end of a connection and never closes its own side.
 * Expect: never-closed cause=peer-closed function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	char byte;
	int peer = MUST(accept(fd, NULL, NULL));

	while (MUST(recv(peer, &byte, 1, 0)) > 0)
		;
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

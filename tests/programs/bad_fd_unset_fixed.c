/* The number in the structure is that of a socket.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

struct server {
	int backlog, fd;
};

static void set_up(const struct server *server)
{
	if (listen(server->fd, server->backlog) < 0)
		perror("listen");
}

int main(void)
{
	struct server server = {.backlog = 16, .fd = 700};
	struct sockaddr_in at;

	server.fd = bound(&at);
	set_up(&server);
	close(server.fd);
	return 0;
}

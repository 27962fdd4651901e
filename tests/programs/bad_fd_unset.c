/* A structure holds a number that no call ever returned.
 * Expect: bad-fd function=set_up
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

	set_up(&server);
	return 0;
}

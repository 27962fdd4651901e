/* When the peer is gone, the connection leaves the table and is closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int table[8], used;

static void welcome(int fd) { table[used++] = MUST(accept(fd, NULL, NULL)); }

static void look_around(void)
{
	char byte;

	for (int i = 0; i < used; i++)
		if (recv(table[i], &byte, 1, 0) == 0)
			close(table[i]);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), visitor = client(&at);

	welcome(fd);
	close(visitor);
	look_around();
	close(fd);
	return 0;
}

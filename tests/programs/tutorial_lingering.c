/* The peer has long gone; the server keeps the connection in its table to the end.
 * Expect: never-closed cause=peer-closed function=welcome
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
			printf("peer %d is gone\n", i);
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

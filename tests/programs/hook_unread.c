/* hook_unread CALM UNREAD: a peer hangs up on CALM connections with nothing unread, then on UNREAD with a byte unread, all at one
 * place. SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void visit(int fd, struct sockaddr_in *at, size_t sent)
{
	int ends[2] = {client(at), MUST(accept(fd, NULL, NULL))};

	if (sent > 0)
		MUST(send(ends[0], "x", sent, 0));
	close(ends[1]);
	close(ends[0]);
}

int main(int argc, char *argv[])
{
	struct sockaddr_in at;
	int fd = listener(&at), calm = atoi(argv[1]), all = calm + atoi(argv[argc - 1]);

	for (int i = 0; i < all; i++)
		visit(fd, &at, i >= calm);
	close(fd);
	return 0;
}

/* A client leaves in the middle of its connection: its server is still there.
 * Expect: never-closed cause=in-use severity=error function=talk
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(send(fd, "hello", 5, 0));
}

/* Serves until the client's process has gone. */
static void serve(int fd, int client_lives)
{
	char none;
	int peer = MUST(accept(fd, NULL, NULL));

	close(fd);
	take(peer, 5);
	EXPECT(read(client_lives, &none, 1) == 0);
	close(peer);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int alive[2], fd = listener(&at);

	MUST(pipe(alive));
	if (MUST(fork()) == 0) {
		close(alive[1]);
		serve(fd, alive[0]);
	}
	close(fd);
	talk(&at);
	return 0;
}

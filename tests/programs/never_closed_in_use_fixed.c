/* A client says goodbye and closes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(send(fd, "hello", 5, 0));
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	char text[5];
	int fd = listener(&at), peer;

	talk(&at);
	peer = MUST(accept(fd, NULL, NULL));
	EXPECT(recv(peer, text, sizeof text, MSG_WAITALL) == sizeof text);
	close(peer);
	close(fd);
	return 0;
}

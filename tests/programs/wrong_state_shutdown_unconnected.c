/* Shutdown of a socket that was never connected.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	EXPECT(shutdown(fd, SHUT_WR) == -1);
	close(fd);
	close(server);
	return 0;
}

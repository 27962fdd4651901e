/* Connect first, then send.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	MUST(send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
	close(server);
	return 0;
}

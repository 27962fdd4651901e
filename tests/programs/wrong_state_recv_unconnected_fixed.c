/* Connect first, then receive.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	char byte;
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	EXPECT(recv(fd, &byte, 1, MSG_DONTWAIT) == -1);
	close(fd);
	close(server);
	return 0;
}

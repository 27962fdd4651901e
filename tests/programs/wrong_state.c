/* accept before listen.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT(accept(fd, NULL, NULL) == -1);
	close(fd);
	return 0;
}

/* bind, listen, accept: in this order.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	MUST(listen(fd, 16));
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT(accept(fd, NULL, NULL) == -1);
	close(fd);
	return 0;
}

/* A server tells its listener to accept no more, and leaves without closing it.
 * Expect: never-closed cause=listener severity=warning function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), visitor = client(&at);

	close(MUST(accept(fd, NULL, NULL)));
	close(visitor);
	MUST(shutdown(fd, SHUT_RDWR));
	return 0;
}

/* A server leaves with its listener open: only a warning, as the kernel takes it back.
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
	return 0;
}

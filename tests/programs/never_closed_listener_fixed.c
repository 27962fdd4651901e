/* A server closes its listener before it leaves.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), visitor = client(&at);

	close(MUST(accept(fd, NULL, NULL)));
	close(visitor);
	close(fd);
	return 0;
}

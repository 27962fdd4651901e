/* A second listen only changes the backlog.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);

	MUST(listen(fd, 64));
	close(fd);
	return 0;
}

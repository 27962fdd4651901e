/* A second connection needs a second socket.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = client(&at);

	close(fd);
	fd = client(&at);
	close(fd);
	close(server);
	return 0;
}

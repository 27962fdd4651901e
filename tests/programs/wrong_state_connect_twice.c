/* A connected socket is connected again.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = client(&at);

	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
	close(fd);
	close(server);
	return 0;
}

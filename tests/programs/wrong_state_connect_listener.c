/* A listening socket is used to connect.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at);

	EXPECT(connect(server, (struct sockaddr *)&at, sizeof at) == -1);
	close(server);
	return 0;
}

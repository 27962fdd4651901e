/* A lookup fails, and whose peer it is gets asked all the same, again and again: of the same number, so nothing is looked for.
 * Expect: bad-fd severity=error function=peer_of count=4
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int peer_of(int fd)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof peer;

	return getpeername(fd, (struct sockaddr *)&peer, &size);
}

int main(void)
{
	for (int i = 0; i < 4; i++)
		EXPECT(peer_of(-1) == -1);
	return 0;
}

/* The same looks at the number first.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int peer_of(int fd)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof peer;

	return fd < 0 ? -1 : getpeername(fd, (struct sockaddr *)&peer, &size);
}

int main(void)
{
	for (int i = 0; i < 4; i++)
		EXPECT(peer_of(-1) == -1);
	return 0;
}

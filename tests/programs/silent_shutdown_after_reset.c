/* The peer resets the connection; the shutdown that comes too late for it is no mistake of this side.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char byte;

	connection(ends);
	MUST(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)));
	close(ends[1]);
	EXPECT(shutdown(ends[0], SHUT_RDWR) == -1 && errno == ENOTCONN);
	EXPECT(recv(ends[0], &byte, 1, 0) <= 0);
	close(ends[0]);
	return 0;
}

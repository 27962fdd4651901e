/* A passed socket is closed by its sender before anyone receives it; another is never received at all.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

int main(void)
{
	int channel[2], ends[2], received;
	char byte;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	connection(ends);
	pass(channel[0], ends[0]);
	close(ends[0]);
	received = receive(channel[1]);
	MUST(send(received, "x", 1, 0));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(received);
	pass(channel[0], ends[1]);
	close(ends[1]);
	close(channel[0]);
	close(channel[1]);
	return 0;
}

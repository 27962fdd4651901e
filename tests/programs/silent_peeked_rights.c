/* A passed socket is peeked at, which makes a descriptor too; another has no room and is dropped by the kernel.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

int main(void)
{
	int channel[2], ends[2], peeked, received;
	union rights rights;
	struct iovec byte = {(char[1]){0}, 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof rights};

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	connection(ends);
	pass(channel[0], ends[0]);
	EXPECT(recvmsg(channel[1], &message, MSG_PEEK) == 1);
	memcpy(&peeked, CMSG_DATA(&rights.header), sizeof peeked);
	received = receive(channel[1]);
	EXPECT(received != peeked);
	close(peeked);
	close(received);
	pass(channel[0], ends[1]);
	EXPECT(read(channel[1], byte.iov_base, 1) == 1);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(channel[i]);
	}
	return 0;
}

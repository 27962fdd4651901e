/* Passing a descriptor over a Unix socket, for the programs that do.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

union rights {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

/* Send fd over a Unix socket. */
static inline void pass(int over, int fd)
{
	union rights rights = {
		.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)}};
	struct iovec byte = {"", 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof rights};

	memcpy(CMSG_DATA(&rights.header), &fd, sizeof fd);
	EXPECT(sendmsg(over, &message, 0) == 1);
}

/* Receive the descriptor that the other end sent. */
static inline int receive(int over)
{
	char room;
	union rights rights;
	struct iovec byte = {&room, 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof rights};
	int fd;

	EXPECT(recvmsg(over, &message, 0) == 1 && message.msg_controllen >= CMSG_LEN(sizeof fd));
	memcpy(&fd, CMSG_DATA(&rights.header), sizeof fd);
	return fd;
}

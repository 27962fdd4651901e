/* A call that succeeds leaves errno alone.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/uio.h>

#define KEEPS(call)                                                   \
	({                                                            \
		errno = EILSEQ;                                       \
		__typeof__(call) r = (call);                          \
		EXPECT(r != (__typeof__(call))-1 && errno == EILSEQ); \
		r;                                                    \
	})

int main(void)
{
	struct sockaddr_in at;
	struct iovec byte = {(char[1]){0}, 1};
	struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1};
	int fd, server = bound(&at), pair[2], peer, value = 1;
	pid_t pid;

	KEEPS(listen(server, 4));
	fd = KEEPS(socket(AF_INET, SOCK_STREAM, 0));
	KEEPS(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
	KEEPS(connect(fd, (struct sockaddr *)&at, sizeof at));
	peer = KEEPS(accept(server, NULL, NULL));
	KEEPS(send(fd, "abcdef", 6, 0));
	KEEPS(write(fd, "g", 1));
	KEEPS(writev(fd, &byte, 1));
	KEEPS(sendmsg(fd, &message, 0));
	KEEPS(recv(peer, byte.iov_base, 1, 0));
	KEEPS(read(peer, byte.iov_base, 1));
	KEEPS(readv(peer, &byte, 1));
	KEEPS(recvfrom(peer, byte.iov_base, 1, 0, NULL, NULL));
	KEEPS(recvmsg(peer, &message, 0));
	KEEPS(shutdown(fd, SHUT_WR));
	KEEPS(close(KEEPS(dup(fd))));
	KEEPS(close(KEEPS(fcntl(fd, F_DUPFD, 50))));
	KEEPS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	KEEPS(dup2(pair[0], pair[1]));
	KEEPS(close(pair[0]));
	KEEPS(close_range((unsigned)pair[1], (unsigned)pair[1], 0));
	pid = KEEPS(fork());
	if (pid == 0)
		_exit(0);
	wait_for(pid);
	KEEPS(close(peer));
	KEEPS(close(fd));
	KEEPS(close(server));
	return 0;
}

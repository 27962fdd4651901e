/* Told by getpeername that there is no peer yet, a program makes sure that there is nothing to read either, as Python does before it
 * wraps a socket in TLS. Then it connects.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void make_sure(int fd, int error)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof peer;
	char byte;

	EXPECT(getpeername(fd, (struct sockaddr *)&peer, &size) < 0 && errno == ENOTCONN);
	EXPECT(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == error);
}

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0)),
	    local = MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	make_sure(fd, ENOTCONN);
	make_sure(local, EINVAL);
	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	close(local);
	close(fd);
	close(server);
	return 0;
}

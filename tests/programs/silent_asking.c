/* Questions are no misuse in any state: getpeername, getsockname, getsockopt.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void ask(int fd)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof at, length = sizeof(int);
	int value;

	getpeername(fd, (struct sockaddr *)&at, &size);
	size = sizeof at;
	MUST(getsockname(fd, (struct sockaddr *)&at, &size));
	MUST(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length));
}

int main(void)
{
	struct sockaddr_in at;
	int fresh = MUST(socket(AF_INET, SOCK_STREAM, 0)), named = bound(&at), server = listener(&at), fd = client(&at);

	ask(fresh);
	ask(named);
	ask(server);
	ask(fd);
	MUST(shutdown(fd, SHUT_RDWR));
	ask(fd);
	close(fresh);
	close(named);
	close(server);
	close(fd);
	return 0;
}

/* Two servers on neighbouring ports. That the first is taken goes unnoticed, and the second is no replacement for it; nor is another that is
 * closed and tried again at the same port.
 * Expect: address-in-use severity=warning function=serve
 * Expect: address-in-use severity=warning function=retry
 * SPDX-License-Identifier: Apache-2.0
 */
#include "neighbours.h"

static int serve(struct sockaddr_in at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		MUST(listen(fd, 16));
	return fd;
}

static int retry(struct sockaddr_in at, int owner)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) == -1);
	close(fd);
	close(owner);
	fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	MUST(bind(fd, (struct sockaddr *)&at, sizeof at));
	return fd;
}

int main(void)
{
	struct sockaddr_in at = own_address(), next = at;
	int owner = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), first, second;

	MUST(bind(owner, (struct sockaddr *)&at, sizeof at));
	first = serve(at);
	next.sin_port = htons(ntohs(at.sin_port) + 1);
	second = serve(next);
	close(first);
	close(second);
	close(retry(at, owner));
	return 0;
}

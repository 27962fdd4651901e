/* Looks for a free port, on one socket and with a new one each time; and serves IPv4 by the socket of IPv6 that has its port.
 * Expect: address-in-use count=2 severity=note function=bind_again
 * Expect: address-in-use count=2 severity=note function=open_again
 * Expect: address-in-use severity=note function=serve_both
 * SPDX-License-Identifier: Apache-2.0
 */
#include "neighbours.h"

static int any_stream(int family) { return MUST(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

static int bind_again(struct sockaddr_in at)
{
	int fd = any_stream(AF_INET);

	while (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		EXPECT(errno == EADDRINUSE);
		at.sin_port = htons(ntohs(at.sin_port) + 1);
	}
	return fd;
}

static int open_again(struct sockaddr_in at)
{
	int fd;

	while (bind(fd = any_stream(AF_INET), (struct sockaddr *)&at, sizeof at) < 0) {
		EXPECT(errno == EADDRINUSE);
		close(fd);
		at.sin_port = htons(ntohs(at.sin_port) + 1);
	}
	return fd;
}

static void serve_both(void)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	int fd = any_stream(AF_INET6), other = any_stream(AF_INET);
	socklen_t size = sizeof six;

	MUST(bind(fd, (struct sockaddr *)&six, size));
	MUST(listen(fd, 16));
	MUST(getsockname(fd, (struct sockaddr *)&six, &size));
	four.sin_port = six.sin6_port;
	EXPECT(bind(other, (struct sockaddr *)&four, sizeof four) == -1 && errno == EADDRINUSE);
	close(other);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at = own_address(), next = at;
	int first = any_stream(AF_INET), second = any_stream(AF_INET);

	MUST(bind(first, (struct sockaddr *)&at, sizeof at));
	next.sin_port = htons(ntohs(at.sin_port) + 1);
	MUST(bind(second, (struct sockaddr *)&next, sizeof next));
	close(bind_again(at));
	close(open_again(at));
	close(first);
	close(second);
	serve_both();
	return 0;
}

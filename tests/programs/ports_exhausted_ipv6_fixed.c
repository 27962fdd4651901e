/* A client closes each connection over IPv6, and lets the server do so first. Where there is no address to come from, ports are not what
 * lacks.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static void ask(int listening, const struct sockaddr_in6 *at)
{
	int fd = narrow(MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	char byte;

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	close(MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC)));
	EXPECT(recv(fd, &byte, 1, 0) == 0);
	close(fd);
}

/* A network without a single address of IPv6. */
static void from_nowhere(void)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
		close(fd);
	}
	_exit(0);
}

int main(void)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t size = sizeof at;
	int listening = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	pid_t child;

	ask_for_few_ports();
	MUST(bind(listening, (struct sockaddr *)&at, sizeof at));
	MUST(listen(listening, 16));
	MUST(getsockname(listening, (struct sockaddr *)&at, &size));
	for (int i = 0; i <= PORTS; i++)
		ask(listening, &at);
	child = MUST(fork());
	if (child == 0) {
		if (!unshare(CLONE_NEWUSER | CLONE_NEWNET)) /* else this user may make no namespaces */
			from_nowhere();
		_exit(0);
	}
	wait_for(child);
	close(listening);
	return 0;
}

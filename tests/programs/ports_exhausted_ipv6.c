/* A client keeps a connection over IPv6 for each question, and others to an address of IPv4 on sockets of IPv6, until no port is left.
 * Expect: ports-exhausted function=ask count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int ask(const struct sockaddr_in6 *at, int fds[PORTS + 1])
{
	int n = 0, error = 0;

	while (n <= PORTS && !error) {
		fds[n] = narrow(MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)));
		error = connect(fds[n++], (const struct sockaddr *)at, sizeof *at) ? errno : 0;
	}
	while (n > 0)
		close(fds[--n]);
	return error;
}

int main(void)
{
	const struct in6_addr to[] = {IN6ADDR_LOOPBACK_INIT, {.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}}};
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	socklen_t size = sizeof at;
	int fds[PORTS + 1], listening = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));

	ask_for_few_ports();
	MUST(bind(listening, (struct sockaddr *)&at, sizeof at));
	MUST(listen(listening, 16));
	MUST(getsockname(listening, (struct sockaddr *)&at, &size));
	for (int i = 0; i < 2; i++) {
		at.sin6_addr = to[i];
		EXPECT(ask(&at, fds) == EADDRNOTAVAIL);
	}
	close(listening);
	return 0;
}

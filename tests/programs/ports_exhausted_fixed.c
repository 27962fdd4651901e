/* The client asks all its questions on one connection, and where it makes new ones it lets the server close first. An address that this
 * machine does not have, and a port of the program's own choice whose use with this peer is taken are no want of ports.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int stream(void) { return MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

static void ask(int listening, const struct sockaddr_in *at)
{
	int fd = narrow(stream()), served;

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	served = MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC));
	close(served);
	EXPECT(recv(fd, &served, 1, 0) == 0);
	close(fd);
}

static void taken(const struct sockaddr_in *at)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof own;
	int fds[2] = {stream(), stream()}, yes = 1;

	for (int i = 0; i < 2; i++) {
		MUST(setsockopt(fds[i], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
		MUST(bind(fds[i], (struct sockaddr *)&own, sizeof own));
		MUST(getsockname(fds[i], (struct sockaddr *)&own, &size));
	}
	MUST(connect(fds[0], (const struct sockaddr *)at, sizeof *at));
	EXPECT(connect(fds[1], (const struct sockaddr *)at, sizeof *at) == -1 && errno == EADDRNOTAVAIL);
	close(fds[0]);
	close(fds[1]);
}

static void nobodys(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(0xcb007107)}; /* 203.0.113.7, RFC 5737 */
	int fd = stream();

	EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) == -1 && errno == EADDRNOTAVAIL);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int listening;

	ask_for_few_ports();
	listening = listener(&at);
	for (int i = 0; i <= PORTS; i++)
		ask(listening, &at);
	taken(&at);
	nobodys();
	close(listening);
	return 0;
}

/* A UDP socket is connected for each question, and kept, until no port is left: Linux calls that EAGAIN.
 * Expect: ports-exhausted function=ask
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int ask(int *fd)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons(9),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	*fd = narrow(MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
	return connect(*fd, (const struct sockaddr *)&at, sizeof at) ? errno : 0;
}

int main(void)
{
	int fds[PORTS + 1], n = 0, error = 0;

	ask_for_few_ports();
	while (n <= PORTS && !error)
		error = ask(&fds[n++]);
	EXPECT(error == EAGAIN);
	while (n > 0)
		close(fds[--n]);
	return 0;
}

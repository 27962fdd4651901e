/* Threads keep a connection each, and there are more of them than ports; the last also finds none to listen on.
 * Expect: ports-exhausted function=keep
 * Expect: ports-exhausted function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"
#include "threads.h"

static struct sockaddr_in at;
static int error;

static void keep(int fd)
{
	if (connect(fd, (struct sockaddr *)&at, sizeof at))
		error = errno;
}

static void serve(int fd) { EXPECT(listen(fd, 1) == -1 && errno == EADDRINUSE); }

int main(void)
{
	struct worker worker;
	int fds[PORTS + 2], n = 0, listening;

	ask_for_few_ports();
	listening = listener(&at);
	while (n <= PORTS && !error) {
		fds[n] = narrow(MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
		start(&worker, keep, fds[n++]);
		join(&worker);
	}
	EXPECT(error == EADDRNOTAVAIL);
	fds[n] = narrow(MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	start(&worker, serve, fds[n++]);
	join(&worker);
	while (n > 0)
		close(fds[--n]);
	close(listening);
	return 0;
}

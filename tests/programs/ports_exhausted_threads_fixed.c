/* Threads share the connections of a pool, and the server is bound to a port of its own.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"
#include "threads.h"

static void ask(int fd) { MUST(send(fd, "x", 1, 0)); }

int main(void)
{
	struct worker worker;
	struct sockaddr_in at;
	int listening, fd, served;

	ask_for_few_ports();
	listening = listener(&at);
	fd = narrow(MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	served = MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC));
	for (int i = 0; i <= PORTS; i++) {
		start(&worker, ask, fd);
		join(&worker);
	}
	take(served, PORTS + 1);
	close(fd);
	close(served);
	close(listening);
	return 0;
}

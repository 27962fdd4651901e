/* A client makes a connection for each question and closes it first, so that its ports are in TIME_WAIT, until none is left.
 * Expect: ports-exhausted function=ask
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int ask(int listening, const struct sockaddr_in *at)
{
	int fd = narrow(MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	int error = connect(fd, (const struct sockaddr *)at, sizeof *at) ? errno : 0;
	int served = error ? -1 : MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC));

	close(fd);
	if (served >= 0)
		close(served);
	return error;
}

int main(void)
{
	struct sockaddr_in at;
	int listening, error = 0;

	ask_for_few_ports();
	listening = listener(&at);
	for (int i = 0; i <= PORTS && !error; i++)
		error = ask(listening, &at);
	EXPECT(error == EADDRNOTAVAIL);
	close(listening);
	return 0;
}

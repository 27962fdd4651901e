/* A forked child has the listener, so that a restart of the server fails, SO_REUSEADDR or not.
 * Expect: address-in-use function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), again, yes = 1, stop[2], ready[2];
	char byte;

	MUST(pipe2(stop, O_CLOEXEC));
	MUST(pipe2(ready, O_CLOEXEC));
	pid_t helper = MUST(fork());
	if (helper == 0) {
		close(stop[1]);
		MUST(write(ready[1], "x", 1));
		_exit(read(stop[0], &byte, 1) == 0 ? 0 : 99);
	}
	EXPECT(read(ready[0], &byte, 1) == 1);
	close(fd);
	again = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	MUST(setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
	EXPECT(bind(again, (struct sockaddr *)&at, sizeof at) == -1);
	close(again);
	close(stop[1]);
	wait_for(helper);
	return 0;
}

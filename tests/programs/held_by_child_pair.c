/* Each worker has a pair to its parent. The second has the parent's end of the first, too, so that the first never sees it close.
 * Expect: held-by-child function=main
 * Options: --limit=held-by-child=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void work(int end)
{
	char byte;

	while (recv(end, &byte, 1, 0) == 1)
		;
	close(end);
	_exit(0);
}

int main(void)
{
	int first[2], second[2];
	pid_t workers[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first));
	workers[0] = MUST(fork());
	if (workers[0] == 0) {
		close(first[0]);
		work(first[1]);
	}
	close(first[1]);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second));
	workers[1] = MUST(fork());
	if (workers[1] == 0) {
		close(second[0]);
		work(second[1]);
	}
	close(second[1]);
	close(first[0]);
	usleep(200000);
	close(second[0]);
	wait_for(workers[0]);
	wait_for(workers[1]);
	return 0;
}

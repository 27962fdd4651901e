/* A worker leaves the socket it was passed open; a sibling that has the same socket from their parent outlives it.
 * That is no handing over: the sibling had it before.
 * Expect: never-closed severity=error function=worker
 * Sockets: 4
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

static void worker(int channel)
{
	int fd = receive(channel);

	MUST(send(fd, "x", 1, 0));
	_exit(0);
}

static void sibling(int end)
{
	char byte;

	EXPECT(read(end, &byte, 1) == 0); /* until the parent has seen the worker go */
	_exit(0);
}

int main(void)
{
	int channel[2], ends[2], order[2];
	pid_t pids[2];

	MUST(pipe(order));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pids[0] = MUST(fork());
	if (pids[0] == 0)
		worker(channel[1]);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pids[1] = MUST(fork());
	if (pids[1] == 0) {
		close(order[1]);
		sibling(order[0]);
	}
	pass(channel[0], ends[0]);
	wait_for(pids[0]);
	close(order[1]);
	wait_for(pids[1]);
	for (int i = 0; i < 2; i++) {
		close(channel[i]);
		close(ends[i]);
	}
	close(order[0]);
	return 0;
}

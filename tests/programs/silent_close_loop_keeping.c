/* A daemon closes every number but those that it keeps: its log, and a channel to its parent. Sockets that were closed before lie
 * below, between and above them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void sweep(int log, int channel, int step)
{
	for (int fd = step > 0 ? 3 : 255; fd >= 3 && fd < 256; fd += step)
		if (fd != log && fd != channel)
			close(fd);
}

int main(void)
{
	for (int step = -1; step <= 1; step += 2) {
		int ends[2], log, channel[2], more[2];

		connection(ends);
		log = MUST(open("/dev/null", O_WRONLY | O_CLOEXEC));
		MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
		connection(more);
		close(ends[0]);
		close(ends[1]);
		close(more[1]);
		sweep(log, channel[1], step);
		EXPECT(write(log, "x", 1) == 1 && fcntl(channel[1], F_GETFD) >= 0 && fcntl(more[0], F_GETFD) == -1);
		close(log);
		close(channel[1]);
	}
	return 0;
}

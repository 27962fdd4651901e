/* The program closes once its peers have closed. One that has nobody to talk to yet, or never, is none of those.
 * Expect: silent
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

int main(void)
{
	struct sockaddr_in at;
	struct pollfd out = {.events = POLLOUT};
	int ends[POLLS][2], refusing = bound(&at);

	out.fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	EXPECT(connect(out.fd, (struct sockaddr *)&at, sizeof at) == -1);
	EXPECT(poll(&out, 1, -1) == 1 && out.revents & POLLERR);
	for (int i = 0; i < POLLS; i++)
		polled_connection(polls[i], ends[i]);
	usleep(200000);
	for (int i = 0; i < POLLS; i++) {
		close(ends[i][1]);
		close(ends[i][0]);
	}
	close(out.fd);
	close(refusing);
	return 0;
}

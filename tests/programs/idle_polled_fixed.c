/* The program closes the connections that it has no use for; that a try to connect took long is no silence.
 * Expect: silent
 * Options: --limit=idle=1500ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

/* The listener's queue is full, so that the next connect waits for an accept. */
static int queue_up(int fill[2], const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	for (int i = 0; i < 2; i++)
		fill[i] = client(at);
	EXPECT(connect(fd, (const struct sockaddr *)at, sizeof *at) == -1 && errno == EINPROGRESS);
	return fd;
}

int main(void)
{
	struct sockaddr_in at;
	int ends[2], fill[2], listening = bound(&at), late;

	MUST(listen(listening, 1));
	late = queue_up(fill, &at);
	for (int i = 0; i < 40; i++) {
		usleep(50000);
		MUST(send(fill[i % 2], "x", 1, 0));
	}
	for (int i = 0; i < 2; i++) {
		int fd = MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC));
		take(fd, 20);
		close(fd);
		close(fill[i]);
	}
	by_poll(late);
	close(late);
	close(MUST(accept4(listening, NULL, NULL, SOCK_CLOEXEC)));
	close(listening);

	for (int i = 0; i < POLLS; i++) {
		polled_connection(polls[i], ends);
		close(ends[0]);
		close(ends[1]);
	}
	return 0;
}

/* A late close hits the socket that another thread waits on: it is reported once, as a stale close.
 * Expect: stale-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static int ends[2];
static pthread_barrier_t step;

static void victim(int unused)
{
	char byte;

	(void)unused;
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	pthread_barrier_wait(&step);
	EXPECT(recv(ends[0], &byte, 1, 0) == 1);
	if (close(ends[0]) < 0)
		perror("close");
}

int main(void)
{
	struct worker worker;
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	pthread_barrier_init(&step, NULL, 2);
	close(fd);
	start(&worker, victim, -1);
	pthread_barrier_wait(&step);
	EXPECT(ends[0] == fd);
	until_inside(&worker, SYS_recvfrom);
	close(fd);
	MUST(send(ends[1], "x", 1, 0));
	join(&worker);
	close(ends[1]);
	return 0;
}

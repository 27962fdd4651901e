/* A worker reads from a socket that main closes; later it closes the number, which main's next socket has by then.
 * Expect: stale-close function=work count=1
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static pthread_barrier_t step;

static void work(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 1);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(fd);
	pthread_barrier_wait(&step);
}

int main(void)
{
	struct worker worker;
	int ends[2], next;

	pthread_barrier_init(&step, NULL, 2);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	start(&worker, work, ends[0]);
	EXPECT(send(ends[1], "x", 1, 0) == 1);
	pthread_barrier_wait(&step);
	close(ends[0]);
	next = MUST(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	EXPECT(next == ends[0]);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (shutdown(next, SHUT_RDWR) < 0)
		perror("shutdown");
	close(next);
	close(ends[1]);
	join(&worker);
	return 0;
}

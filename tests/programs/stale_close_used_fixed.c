/* A worker reads from a socket that main closes. Later main gives it the next one, which has the same number, and which it closes unused.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static pthread_barrier_t step;
static int given;

static void work(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 1);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(given);
	pthread_barrier_wait(&step);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	pthread_barrier_init(&step, NULL, 2);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	start(&worker, work, ends[0]);
	EXPECT(send(ends[1], "x", 1, 0) == 1);
	pthread_barrier_wait(&step);
	close(ends[0]);
	given = MUST(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	EXPECT(given == ends[0]);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(ends[1]);
	join(&worker);
	return 0;
}

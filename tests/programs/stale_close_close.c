/* A thread closes a number twice; in between it became another thread's socket, whose close then fails.
 * Expect: stale-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static int number = -1;
static pthread_barrier_t step;

/* One thread that makes a socket, and later finds it gone. */
static void victim(int unused)
{
	(void)unused;
	number = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (close(number) < 0)
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
	EXPECT(number == fd);
	close(fd);
	pthread_barrier_wait(&step);
	join(&worker);
	return 0;
}

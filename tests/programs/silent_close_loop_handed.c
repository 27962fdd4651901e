/* A thread hands a connection to another, which closes it and had closed its number before. Then it closes all numbers in a loop.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"
#include "threads.h"

static pthread_barrier_t step;
static int handed;

static void serve(int unused)
{
	(void)unused;
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	handed = fd;
	close(fd);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(handed);
}

int main(void)
{
	struct worker worker;
	pthread_barrier_init(&step, NULL, 2);
	start(&worker, serve, -1);
	pthread_barrier_wait(&step);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) == handed);
	pthread_barrier_wait(&step);
	join(&worker);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	return 0;
}

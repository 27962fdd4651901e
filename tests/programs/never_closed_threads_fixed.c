/* Four threads, each closing the socket it makes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *worker(void *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, at, sizeof(struct sockaddr_in)));
	MUST(send(fd, "x", 1, 0));
	close(fd);
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		EXPECT(pthread_create(&threads[i], NULL, worker, &at) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close(fd);
	return 0;
}

/* Four threads make and close sockets as fast as they can: their numbers go round among them. Connections end by a reset,
 * since each one in TIME_WAIT would keep a port for a minute.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static struct sockaddr_in at;

static void *churn(void *listening)
{
	for (int i = 0; i < 500; i++) {
		int fd = client(&at), copy = MUST(dup(fd)), peer = MUST(accept(*(int *)listening, NULL, NULL));

		MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger)));
		close(fd);
		close(peer);
		close(copy);
		close(MUST(open("/dev/null", O_RDONLY)));
	}
	return NULL;
}

int main(void)
{
	int fd = listener(&at);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		EXPECT(pthread_create(&threads[i], NULL, churn, &fd) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close(fd);
	return 0;
}

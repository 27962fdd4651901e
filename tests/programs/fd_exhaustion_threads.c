/* Threads that each hold their share of connections, until none of them gets one more: reported once for all.
 * Expect: fd-exhaustion
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

enum { THREADS = 4, EACH = 8 };

static pthread_barrier_t full;

static void *hold(void *arg)
{
	int fds[EACH], n = 0;

	(void)arg;
	while (n < EACH && (fds[n] = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
		n++;
	EXPECT(n == EACH || errno == EMFILE);
	pthread_barrier_wait(&full);
	while (n > 0)
		close(fds[--n]);
	return NULL;
}

int main(void)
{
	struct rlimit limit = {24, 24};
	pthread_t threads[THREADS];

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	pthread_barrier_init(&full, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, hold, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

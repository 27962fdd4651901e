/* Threads that open and close sockets up to the limit of descriptors, for so many seconds, while signals come that ask for what is open:
 * results and errno are as without them. Prints "ready" once it can be signalled.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <time.h>

enum { THREADS = 3, KEPT = 50 };
static time_t until;

static void *churn(void *arg)
{
	int kept[KEPT], n = 0;
	(void)arg;
	while (time(NULL) < until) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fd >= 0)
			kept[n++] = fd;
		else
			EXPECT(errno == EMFILE);
		errno = EDOM;
		EXPECT(getpid() > 0 && errno == EDOM);
		EXPECT(close(-1) < 0 && errno == EBADF);
		while (n && (fd < 0 || n == KEPT))
			EXPECT(close(kept[--n]) == 0);
	}
	while (n)
		EXPECT(close(kept[--n]) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_join(threads[i], NULL) == 0);
	return 0;
}

/* What sanitizers look at: `host_sanitized MISTAKE`, built with one of them by the test. "none" is sound, the others make one mistake
 * around calls that both the sanitizer and the shim intercept. Built plainly, as all programs here are, it makes them unnoticed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <limits.h>

#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wuse-after-free"
#pragma GCC diagnostic ignored "-Wunused-result"

static int pair[2];
static char buffer[4];
static volatile int shared;
static char *volatile kept;
static volatile int largest = INT_MAX;

/* Stacks of many shapes, so that threads find new ones at the same time. */
static __attribute__((noinline)) int deep(unsigned shape)
{
	int fd = shape > 1 ? shape & 1 ? deep(shape >> 1) : deep(shape >> 1) : MUST(socket(AF_INET, SOCK_STREAM, 0));

	return shape & 2 ? fd : fd + 0 * (int)shape;
}

static void *churn(void *unused)
{
	for (unsigned i = 1; i < 48; i++) {
		char byte;
		int ends[2], fd = deep(i), other = MUST(dup(fd));

		EXPECT(dup2(fd, other) == other);
		close(other);
		close(fd);
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		MUST((int)send(ends[0], "x", 1, 0));
		MUST((int)recv(ends[1], &byte, 1, 0));
		close(ends[0]);
		close(ends[1]);
	}
	return unused;
}

static void *write_shared(void *unused)
{
	shared = 1;
	return unused;
}

static void *receive(void *unused)
{
	MUST((int)recv(pair[1], buffer, 4, 0));
	return unused;
}

/* Runs beside this thread, long before what it does next, and nothing orders the two for a sanitizer. */
static pthread_t beside(void *(*what)(void *))
{
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, what, NULL) == 0);
	usleep(200000);
	return thread;
}

int main(int argc, char **argv)
{
	const char *mistake = argc > 1 ? argv[1] : "none";
	pthread_t thread[4];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	MUST((int)write(pair[0], "0123456789", 10));
	if (!strcmp(mistake, "none")) {
		for (int i = 0; i < 4; i++)
			EXPECT(pthread_create(&thread[i], NULL, churn, NULL) == 0);
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
		pid_t child = MUST(fork());
		if (!child)
			_exit(churn(NULL) != NULL);
		wait_for(child);
		EXPECT(system("exit 3") == 3 << 8);
	} else if (!strcmp(mistake, "heap")) {
		kept = malloc(4);
		MUST((int)recv(pair[1], kept, 8, 0));
	} else if (!strcmp(mistake, "freed")) {
		kept = malloc(8);
		free(kept);
		MUST((int)read(pair[1], kept, 8));
	} else if (!strcmp(mistake, "leaked")) {
		kept = malloc(4321);
		kept = NULL;
	} else if (!strcmp(mistake, "race")) {
		thread[0] = beside(write_shared);
		shared = 2;
		pthread_join(thread[0], NULL);
	} else if (!strcmp(mistake, "race-of-recv")) {
		thread[0] = beside(receive);
		buffer[0] = 'x';
		pthread_join(thread[0], NULL);
	} else if (!strcmp(mistake, "race-of-close")) {
		thread[0] = beside(receive);
		close(pair[1]);
		pthread_join(thread[0], NULL);
	} else if (!strcmp(mistake, "overflow")) {
		largest++;
	}
	close(pair[0]);
	if (strcmp(mistake, "race-of-close") != 0)
		close(pair[1]);
	printf("done\n");
	return 0;
}

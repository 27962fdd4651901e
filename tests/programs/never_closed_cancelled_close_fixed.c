/* A thread that was cancelled comes to its close(), which is where it ends: another thread uses the descriptor, and closes it.
 * Expect: silent
 * Sockets: 3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

enum { CLOSE_AFTERWARDS = 1 };

static int pair[2];
static pthread_barrier_t barrier;

static void *closes(void *arg)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	close(*(int *)arg);
	return arg;
}

static void cancelled_in_close(int *fd)
{
	pthread_t thread;
	void *result;

	EXPECT(!pthread_create(&thread, NULL, closes, fd));
	pthread_barrier_wait(&barrier);
	EXPECT(!pthread_cancel(thread));
	pthread_barrier_wait(&barrier);
	EXPECT(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
}

int main(void)
{
	char byte;

	EXPECT(!pthread_barrier_init(&barrier, NULL, 2));
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	int third = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	EXPECT(send(pair[1], "xy", 2, 0) == 2);
	EXPECT(recv(pair[0], &byte, 1, 0) == 1);
	cancelled_in_close(&pair[0]);
	cancelled_in_close(&third);
	pid_t child = MUST(fork());
	if (!child)
		exit(0);
	wait_for(child);
	EXPECT(recv(pair[0], &byte, 1, 0) == 1);
	EXPECT(close(third) == 0);
	if (CLOSE_AFTERWARDS)
		EXPECT(close(pair[0]) == 0);
	close(pair[1]);
	return 0;
}

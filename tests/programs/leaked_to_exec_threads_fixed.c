/* The corrected twin of leaked_to_exec_threads: accept4 marks it in the same breath.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static struct sockaddr_in at;
static pthread_barrier_t turn;

static void *serve(void *arg)
{
	int peer = MUST(accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC));

	pthread_barrier_wait(&turn); /* the other thread forks now */
	pthread_barrier_wait(&turn);
	close(peer);
	return NULL;
}

int main(void)
{
	int server = listener(&at), visitor = client(&at);
	pthread_t taker;
	pid_t child;

	pthread_barrier_init(&turn, NULL, 2);
	EXPECT(pthread_create(&taker, NULL, serve, &server) == 0);
	pthread_barrier_wait(&turn);
	child = MUST(fork());
	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(child);
	pthread_barrier_wait(&turn);
	pthread_join(taker, NULL);
	close(visitor);
	close(server);
	return 0;
}

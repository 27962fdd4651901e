/* A thread waits in a set where a closed connection, of which nothing is heard any more, was left behind by its duplicate. Others put
 * connections with the same data into it, and take them out or close them, at any time: each event is of one of these.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

enum { ROUNDS = 2000, THREADS = 2, DATA = 77 };
static int set, left = THREADS;

static void *come_and_go(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		int ends[2];

		MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
		put_in(set, ends[0], EPOLLOUT, number(DATA));
		if (i % 2)
			sched_yield();
		if (i % 3 == 0)
			take_out(set, ends[0]);
		close(ends[0]);
		close(ends[1]);
	}
	__atomic_fetch_sub(&left, 1, __ATOMIC_RELEASE);
	return unused;
}

int main(void)
{
	int ends[2], copy;
	pthread_t threads[THREADS];

	set = MUST(epoll_create1(EPOLL_CLOEXEC));
	connection(ends);
	put_in(set, ends[0], EPOLLIN, number(DATA));
	copy = MUST(dup(ends[0]));
	close(ends[0]);
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
	while (__atomic_load_n(&left, __ATOMIC_ACQUIRE))
		next_event(set, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	close(copy);
	close(ends[1]);
	close(set);
	return 0;
}

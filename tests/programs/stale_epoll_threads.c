/* Connections are served by a thread that waits for them, and closed by another while a child has them: each is reported, as its number is
 * used again by none that is in the set.
 * Expect: stale-epoll function=closer count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

enum { COUNT = 3 };
static int set, fds[COUNT];

static void *closer(void *unused)
{
	(void)unused;
	for (int i = 0; i < COUNT; i++) {
		close(fds[i]);
	}
	return NULL;
}

int main(void)
{
	int ends[2], peers[COUNT], hold[2];
	struct epoll_event events[COUNT], change = {.events = EPOLLIN};
	pthread_t thread;
	char byte;

	set = MUST(epoll_create1(EPOLL_CLOEXEC));
	MUST(pipe2(hold, O_CLOEXEC));
	for (int i = 0; i < COUNT; i++) {
		connection(ends);
		fds[i] = ends[0];
		peers[i] = ends[1];
		put_in(set, fds[i], EPOLLIN, number(1000));
		change.data.u64 = 1000 + (unsigned)i; /* so that they are known apart */
		MUST(epoll_ctl(set, EPOLL_CTL_MOD, fds[i], &change));
	}
	pid_t child = fork();
	if (child == 0) {
		close(hold[1]);
		EXPECT(read(hold[0], &byte, 1) == 0);
		for (int i = 0; i < COUNT; i++)
			take(fds[i], 1);
		_exit(0);
	}
	EXPECT(pthread_create(&thread, NULL, closer, NULL) == 0);
	pthread_join(thread, NULL);
	for (int i = 0; i < COUNT; i++)
		say(peers[i]);
	for (int i = 0; i < 3; i++)
		EXPECT(MUST(epoll_pwait2(set, events, COUNT, &(struct timespec){0}, NULL)) == COUNT);
	close(hold[1]);
	wait_for(child);
	for (int i = 0; i < COUNT; i++)
		close(peers[i]);
	close(set);
	return 0;
}

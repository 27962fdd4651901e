/* The same, but it is taken out of the set before.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

struct conn {
	int fd;
};

static void drop(int set, struct conn *c)
{
	(void)set;
	take_out(set, c->fd);
	close(c->fd);
	c->fd = -1;
}

int main(void)
{
	int ends[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), ready[2];
	static struct conn conn, *c = &conn;
	char byte;

	connection(ends);
	MUST(pipe2(ready, O_CLOEXEC));
	c->fd = ends[0];
	put_in(set, c->fd, EPOLLIN | EPOLLET, (epoll_data_t){.ptr = c});
	pid_t child = fork();
	if (child == 0) {
		close(ready[1]);
		EXPECT(read(ready[0], &byte, 1) == 0);
		take(ends[0], 1);
		_exit(0);
	}
	drop(set, c);
	say(ends[1]);
	EXPECT(next_event(set, 0).data.u64 == 0);
	close(ready[1]);
	wait_for(child);
	close(ends[1]);
	close(set);
	return 0;
}

/* Connections come and go, registered by their numbers, and a child of long ago has each: the next one has the number of the last, and its
 * events have the same data. Both may be meant.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

int main(void)
{
	int old[2], new[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), hold[2];
	char byte;

	MUST(pipe2(hold, O_CLOEXEC));
	connection(old);
	put_in(set, old[0], EPOLLIN, number(old[0]));
	pid_t child = fork();
	if (child == 0) {
		close(hold[1]);
		EXPECT(read(hold[0], &byte, 1) == 0);
		_exit(0);
	}
	int fd = old[0];
	close(fd);
	connection(new);
	if (new[0] != fd) { /* it went to the end that was accepted, or to the listener */
		MUST(dup3(new[0], fd, O_CLOEXEC));
		close(new[0]);
	}
	put_in(set, fd, EPOLLIN, number(fd));
	for (int i = 0; i < 20; i++) {
		say(new[1]);
		EXPECT(hands_out(set, fd));
		take(fd, 1);
	}
	close(hold[1]);
	wait_for(child); /* only now the set forgets the old one */
	for (int i = 0; i < 20; i++) {
		say(new[1]);
		EXPECT(hands_out(set, fd));
		take(fd, 1);
	}
	close(fd);
	close(new[1]);
	close(old[1]);
	close(set);
	return 0;
}

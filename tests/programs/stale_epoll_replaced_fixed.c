/* The same, but the old one is taken out of the set before.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

static void replace(int by, int fd) { EXPECT(MUST(dup2(by, fd)) == fd); }

int main(void)
{
	int one[2], two[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), other = MUST(dup(set)), copy;
	struct epoll_event events[4];

	connection(one);
	connection(two);
	put_in(set, one[0], EPOLLIN | EPOLLONESHOT, number(one[0]));
	copy = MUST(dup(one[0]));
	take_out(other, one[0]);
	replace(two[0], one[0]);
	say(one[1]);
	EXPECT(MUST(epoll_pwait(other, events, 4, 0, NULL)) == 0);
	take(copy, 1);
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
	close(copy);
	close(other);
	close(set);
	return 0;
}

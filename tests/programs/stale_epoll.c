/* A connection is closed while a duplicate of it is open, so that it stays in the epoll set: events of it go on to come, by the number.
 * Expect: stale-epoll function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

int main(void)
{
	int ends[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), copy;

	connection(ends);
	put_in(set, ends[0], EPOLLIN, number(ends[0]));
	copy = MUST(fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
	close(ends[0]);
	say(ends[1]);
	for (int i = 0; i < 20; i++)
		EXPECT(hands_out(set, ends[0]));
	take(copy, 1);
	close(copy);
	close(ends[1]);
	close(set);
	return 0;
}

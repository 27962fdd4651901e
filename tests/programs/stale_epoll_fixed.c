/* The same, but the connection is taken out of the set before its number is closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

int main(void)
{
	int ends[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), copy;

	connection(ends);
	put_in(set, ends[0], EPOLLIN, number(ends[0]));
	copy = MUST(fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
	take_out(set, ends[0]);
	close(ends[0]);
	say(ends[1]);
	for (int i = 0; i < 20; i++)
		EXPECT(!hands_out(set, ends[0]));
	take(copy, 1);
	close(copy);
	close(ends[1]);
	close(set);
	return 0;
}

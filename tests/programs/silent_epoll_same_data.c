/* Two connections are registered with the same data. One is closed while a duplicate of it is open: whose the events are is not known,
 * until the other is gone too. And events that come after the last duplicate was closed, or when the number is the old one again, are
 * nobody's fault.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

int main(void)
{
	int one[2], two[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), copy;

	connection(one);
	connection(two);
	put_in(set, one[0], EPOLLIN, number(77));
	put_in(set, two[0], EPOLLIN, number(77));
	copy = MUST(dup(one[0]));
	close(one[0]);
	say(two[1]);
	for (int i = 0; i < 9; i++)
		EXPECT(hands_out(set, 77));
	EXPECT(MUST(dup2(copy, one[0])) == one[0]);
	take_out(set, two[0]);
	say(one[1]);
	EXPECT(hands_out(set, 77));
	take_out(set, one[0]);
	put_in(set, two[0], EPOLLIN, number(77));
	close(copy);
	for (int i = 0; i < 9; i++)
		EXPECT(hands_out(set, 77));
	take(one[0], 1);
	take(two[0], 1);
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
	close(set);
	return 0;
}

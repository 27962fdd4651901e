/* The set with the registration that outlives its number is closed. The next set has its number, and something of its own with the same
 * data; a forked child waits for what its parent had put in, and closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

int main(void)
{
	int one[2], two[2], set = MUST(epoll_create1(EPOLL_CLOEXEC)), copy, again;

	connection(one);
	connection(two);
	put_in(set, one[0], EPOLLIN, number(77));
	copy = MUST(dup(one[0]));
	close(one[0]);
	close(set);
	again = MUST(epoll_create1(EPOLL_CLOEXEC));
	if (again != set) {
		MUST(dup2(again, set));
		close(again);
	}
	put_in(set, two[0], EPOLLIN, number(77));
	say(two[1]);
	for (int i = 0; i < 9; i++)
		EXPECT(hands_out(set, 77));
	take(two[0], 1);
	pid_t child = fork();
	if (child == 0) {
		close(two[0]);
		say(two[1]);
		EXPECT(hands_out(set, 77));
		_exit(0);
	}
	wait_for(child);
	take(two[0], 1);
	close(copy);
	close(one[1]);
	close(two[0]);
	close(two[1]);
	close(set);
	return 0;
}

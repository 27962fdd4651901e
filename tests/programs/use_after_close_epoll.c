/* A connection is closed, and another event waited for by its number then: that may be a stranger by now.
 * Expect: use-after-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/epoll.h>

int main(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ends[2], set = MUST(epoll_create1(EPOLL_CLOEXEC));

	connection(ends);
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
	close(ends[0]);
	EXPECT(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event) == -1 && errno == EBADF);
	close(ends[1]);
	close(set);
	return 0;
}

/* Sockets are closed and then taken out of the epoll set, which has forgotten them by itself: no use of them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/epoll.h>

int main(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ends[2], set = MUST(epoll_create1(EPOLL_CLOEXEC));

	connection(ends);
	for (int i = 0; i < 2; i++) {
		MUST(epoll_ctl(set, EPOLL_CTL_ADD, ends[i], &event));
		MUST(close(ends[i]));
		EXPECT(epoll_ctl(set, EPOLL_CTL_DEL, ends[i], &event) == -1 && errno == EBADF);
	}
	close(set);
	return 0;
}

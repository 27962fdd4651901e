/* The corrected twin of use_after_close_epoll: before it is closed, and out of the set first. A set that is closed is nobody's socket.
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
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &event));
	MUST(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL));
	close(ends[0]);
	close(set);
	EXPECT(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &event) == -1 && errno == EBADF);
	close(ends[1]);
	return 0;
}

/* An epoll set with registrations that is misused: see tests/hooks/kinds_test.py.
 *
 *   kinds_registered leak|parted|emptied|twice|used|right [MORE]
 * SPDX-License-Identifier: Apache-2.0
 */
#include "epoll_set.h"

#include <sys/eventfd.h>

enum { MOST = 64 };
static int set, made[MOST], n;

static void add(int fd)
{
	made[n++] = fd;
	put_in(set, fd, EPOLLIN, number(fd));
}

static __attribute__((noinline)) int open_pair(void)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	add(ends[0]);
	add(ends[1]);
	return ends[0];
}

static __attribute__((noinline)) int open_counter(void)
{
	add(MUST(eventfd(0, EFD_CLOEXEC)));
	return made[n - 1];
}

int main(int argc, char **argv)
{
	struct epoll_event event;
	const char *how = argc > 1 ? argv[1] : "";
	int copy = -1;

	set = MUST(epoll_create1(EPOLL_CLOEXEC));
	open_pair();
	open_counter();
	for (int i = 0; argc > 2 && i < atoi(argv[2]); i++)
		open_counter();
	if (!strcmp(how, "leak"))
		return 0;
	if (!strcmp(how, "parted")) { /* what is closed stays registered through its duplicate; another is taken out */
		copy = MUST(fcntl(made[0], F_DUPFD_CLOEXEC, 0));
		close(made[0]);
		take_out(set, made[1]);
		return copy < 0;
	}
	if (strcmp(how, "emptied"))
		close(set);
	if (!strcmp(how, "twice"))
		close(set);
	if (!strcmp(how, "used"))
		EXPECT(epoll_wait(set, &event, 1, 0) == -1);
	for (int i = 0; i < n; i++)
		close(made[i]);
	return 0;
}

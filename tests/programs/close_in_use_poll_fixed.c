/* The corrected twin of close_in_use_poll: shut down first. Nor does it matter that a thread polls another connection, or many, while
 * one is closed, or what it has polled.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <poll.h>

static int others[2];

static void waiter(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN}, many[] = {{.fd = others[0], .events = POLLIN}, {.fd = -1}};

	EXPECT(poll(&one, 1, 60000) == 1);
	EXPECT(poll(many, 2, 60000) == 1);
	one.fd = others[0];
	EXPECT(poll(&one, 1, 60000) == 1);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	connection(others);
	start(&worker, waiter, ends[0]);
	until_inside(&worker, SYS_poll);
	MUST(shutdown(ends[0], SHUT_RDWR));
	usleep(20000);
	until_inside(&worker, SYS_poll);
	close(ends[0]);
	close(ends[1]);
	MUST(send(others[1], "x", 1, 0));
	join(&worker);
	take(others[0], 1);
	close(others[0]);
	close(others[1]);
	return 0;
}

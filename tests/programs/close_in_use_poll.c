/* A thread waits for a connection with a timeout, as reads with one do, and another closes it meanwhile: nobody wakes the waiter, who
 * then finds the number gone.
 * Expect: close-in-use function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <poll.h>

static void waiter(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	EXPECT(poll(&one, 1, 60000) == 1);
	EXPECT(poll(&one, 1, 60000) == 1 && one.revents == POLLNVAL);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	start(&worker, waiter, ends[0]);
	until_inside(&worker, SYS_poll);
	close(ends[0]);
	MUST(send(ends[1], "x", 1, 0)); /* the waiter hears of it all the same */
	join(&worker);
	close(ends[1]);
	return 0;
}

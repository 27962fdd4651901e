/* The last word is sent on a socket that is already closed.
 * Expect: use-after-close function=say_goodbye
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say_goodbye(int fd) { send(fd, "bye", 3, MSG_NOSIGNAL); }

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	say_goodbye(ends[0]);
	close(ends[1]);
	return 0;
}

/* The last word is sent before the close.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say_goodbye(int fd) { send(fd, "bye", 3, MSG_NOSIGNAL); }

int main(void)
{
	int ends[2];

	connection(ends);
	say_goodbye(ends[0]);
	close(ends[0]);
	take(ends[1], 3);
	close(ends[1]);
	return 0;
}

/* The last word is sent on a socket that is already closed, and lands in a file that was opened since. With the quarantine the file has
 * another number, so that the stale write fails where it is made.
 * Options: --option=quarantine=4
 * Expect: use-after-close function=say_goodbye
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say_goodbye(int fd)
{
	if (write(fd, "bye", 3) != 3)
		perror("write");
}

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	int journal = MUST(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	say_goodbye(ends[0]);
	close(journal);
	close(ends[1]);
	return 0;
}

/* The last word is sent before the close.
 * Options: --option=quarantine=4
 * Expect: silent
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
	say_goodbye(ends[0]);
	close(ends[0]);
	int journal = MUST(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	close(journal);
	take(ends[1], 3);
	close(ends[1]);
	return 0;
}

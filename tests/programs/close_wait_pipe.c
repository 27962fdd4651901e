/* The output of a command is read to its end, and the pipe stays open while the program does other work.
 * Expect: close-wait function=main
 * Options: --kinds=pipe --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	char byte;
	int ends[2];

	MUST(pipe2(ends, O_CLOEXEC));
	pid_t child = MUST(fork());
	if (child == 0)
		_exit(write(ends[1], "x", 1) != 1);
	close(ends[1]);
	while (MUST(read(ends[0], &byte, 1)) > 0)
		continue;
	wait_for(child);
	usleep(150000);
	close(ends[0]);
	return 0;
}

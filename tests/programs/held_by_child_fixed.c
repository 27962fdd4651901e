/* The helper closes what it has no use for.
 * Expect: silent
 * Options: --limit=held-by-child=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2], stop[2];
	char byte;

	MUST(pipe2(stop, O_CLOEXEC));
	connection(ends);
	pid_t helper = MUST(fork());
	if (helper == 0) {
		close(ends[0]);
		close(ends[1]);
		close(stop[1]);
		_exit(read(stop[0], &byte, 1) == 0 ? 0 : 99);
	}
	close(stop[0]);
	close(ends[0]);
	usleep(200000);
	close(stop[1]);
	EXPECT(recv(ends[1], &byte, 1, 0) == 0); /* when the last descriptor of the other end goes */
	close(ends[1]);
	wait_for(helper);
	return 0;
}

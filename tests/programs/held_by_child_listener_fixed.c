/* The helpers close the listener before anything else.
 * Expect: silent
 * Options: --limit=held-by-child=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), stop[2];
	pid_t helpers[2];

	MUST(pipe2(stop, O_CLOEXEC));
	for (int i = 0; i < 2; i++) {
		helpers[i] = MUST(fork());
		if (helpers[i] == 0) {
			char byte;

			close(fd);
			close(stop[1]);
			_exit(read(stop[0], &byte, 1) == 0 ? 0 : 99);
		}
	}
	close(fd);
	usleep(200000);
	close(stop[1]);
	close(stop[0]);
	wait_for(helpers[0]);
	wait_for(helpers[1]);
	return 0;
}

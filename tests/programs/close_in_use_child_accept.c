/* A forked child shuts down the listener that its parent waits on.
 * Expect: close-in-use function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);

	pid_t child = MUST(fork());
	if (child == 0) {
		MUST(shutdown(fd, SHUT_RDWR));
		close(fd);
		_exit(0);
	}
	wait_for(child);
	EXPECT(accept(fd, NULL, NULL) == -1 && errno == EINVAL);
	close(fd);
	return 0;
}

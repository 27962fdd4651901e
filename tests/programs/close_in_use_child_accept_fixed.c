/* The child closes its own descriptor of the listener.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), peer, visitor;

	pid_t child = MUST(fork());
	if (child == 0) {
		close(fd);
		_exit(0);
	}
	wait_for(child);
	visitor = client(&at);
	peer = MUST(accept(fd, NULL, NULL));
	close(peer);
	close(visitor);
	close(fd);
	return 0;
}

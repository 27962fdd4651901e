/* With a higher limit the same number of sockets is no danger.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

int main(void)
{
	struct rlimit limit = {200, 200};
	int fds[93], n = 0;

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	while (n < 93)
		fds[n++] = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	while (n > 0)
		close(fds[--n]);
	return 0;
}

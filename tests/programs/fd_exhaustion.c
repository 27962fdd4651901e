/* A program makes sockets until it can make no more.
 * Expect: fd-exhaustion function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

int main(void)
{
	struct rlimit limit = {40, 40};
	int fds[40], n = 0;

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	while ((fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0)
		n++;
	while (n > 0)
		close(fds[--n]);
	return 0;
}

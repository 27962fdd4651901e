/* A program keeps well below its limit of descriptors.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

int main(void)
{
	struct rlimit limit = {40, 40};
	int fds[40], n = 0;

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	while (n < 20)
		fds[n++] = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	while (n > 0)
		close(fds[--n]);
	return 0;
}

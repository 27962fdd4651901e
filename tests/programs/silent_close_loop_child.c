/* A service starts as daemons do: a child of a child closes all numbers that there may be, by sysconf(_SC_OPEN_MAX), and serves on.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

static void serve(void)
{
	int ends[2];

	for (int fd = (int)sysconf(_SC_OPEN_MAX) - 1; fd > 2; fd--)
		close(fd);
	for (int fd = 3; fd < sysconf(_SC_OPEN_MAX); fd++) /* and once more, for good measure */
		close(fd);
	connection(ends);
	close(ends[0]);
	close(ends[1]);
	_exit(0);
}

int main(void)
{
	struct rlimit limit = {512, 512};
	int ends[2], log = MUST(open("/dev/null", O_WRONLY | O_CLOEXEC));
	pid_t child;

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	connection(ends);
	close(ends[0]);
	child = MUST(fork());
	if (child == 0) {
		setsid();
		child = MUST(fork());
		if (child == 0)
			serve();
		wait_for(child);
		_exit(0);
	}
	wait_for(child);
	close(ends[1]);
	close(log);
	return 0;
}

/* Children that fork children that fork: `stress_nested_fork N`, N times three levels deep, out of a process whose threads churn sockets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

static void descend(int level)
{
	pid_t child = fork();

	if (!child) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		if (level)
			descend(level - 1);
		else
			socket_work();
		MUST(close(fd));
		exit(level);
	}
	wait_status(child, level);
}

int main(int argc, char **argv)
{
	int n = atoi(argv[argc - 1]);

	start_churning();
	for (int i = 0; i < n; i++)
		descend(2);
	end_churning();
	printf("%d times three children\n", n);
	return 0;
}

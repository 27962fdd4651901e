/* Threads churn sockets while the main thread forks; each child works with sockets and leaves by exit or _exit: `stress_fork N`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

int main(int argc, char **argv)
{
	int n = atoi(argv[argc - 1]);

	start_churning();
	for (int i = 0; i < n; i++) {
		pid_t child = fork();
		if (!child) {
			socket_work();
			if (i % 2)
				_exit(i % 100);
			exit(i % 100);
		}
		wait_status(child, i % 100);
	}
	end_churning();
	printf("%d children\n", n);
	return 0;
}

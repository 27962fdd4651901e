/* vfork and exec, each child closing what it was told to: `stress_vfork N`, while threads churn sockets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

extern char **environ;

int main(int argc, char **argv)
{
	int n = atoi(argv[argc - 1]), kept = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	start_churning();
	for (int i = 0; i < n; i++) {
		pid_t child = vfork();
		if (!child) {
			close(kept);
			execve("/bin/true", (char *[]){"true", NULL}, environ);
			_exit(1);
		}
		wait_status(child, 0);
	}
	end_churning();
	MUST(close(kept));
	printf("%d children\n", n);
	return 0;
}

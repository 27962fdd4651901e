/* Children are forked while threads make and close sockets; each leaves at once, in the middle of it all.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static volatile int stop;

static void *churn(void *unused)
{
	while (!stop) {
		for (int i = 0; i < 10; i++)
			close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
		usleep(1000);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		EXPECT(pthread_create(&threads[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = MUST(fork());

		if (pid == 0) {
			close(MUST(socket(AF_UNIX, SOCK_STREAM, 0)));
			_exit(0);
		}
		wait_for(pid);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

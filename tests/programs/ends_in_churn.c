/* Ends while its threads make and close sockets: by return from main, or with an argument by SIGKILL.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static volatile int rounds;

static void *churn(void *unused)
{
	for (;; rounds++)
		close(socket(AF_UNIX, SOCK_STREAM, 0));
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		EXPECT(pthread_create(&thread, NULL, churn, NULL) == 0);
	while (rounds < 100 + getpid() % 100)
		usleep(100);
	return argc > 1 ? raise(SIGKILL) : !argv[0];
}

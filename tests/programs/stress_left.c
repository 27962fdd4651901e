/* Threads make and close sockets while the process ends: `stress_left MS` returns from main after so many milliseconds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

static void *work(void *arg)
{
	for (;;)
		MUST(close(MUST(socket(AF_UNIX, SOCK_STREAM, 0))));
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		EXPECT(!pthread_create(&thread, NULL, work, NULL));
	usleep((useconds_t)atoi(argv[argc - 1]) * 1000);
	return 0;
}

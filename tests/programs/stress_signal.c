/* A signal handler opens and closes sockets, in the midst of a thread that does the same: `stress_signal N`, N signals.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

#include <sys/time.h>

static volatile int handled;

static void handler(int number)
{
	int saved = errno;

	(void)number;
	socket_work();
	handled++;
	errno = saved;
}

int main(int argc, char **argv)
{
	int n = atoi(argv[argc - 1]);
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL);
	MUST(setitimer(ITIMER_REAL, &often, NULL));
	while (handled < n)
		socket_work();
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	printf("%d signals\n", n);
	return 0;
}

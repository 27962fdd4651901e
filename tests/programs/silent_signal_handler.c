/* A signal handler opens and closes sockets while the program does the same.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/time.h>

static volatile sig_atomic_t rounds;

static void handler(int number)
{
	int saved = errno, fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)number;
	if (fd >= 0)
		close(fd);
	rounds++;
	errno = saved;
}

int main(void)
{
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 500}, {0, 500}}, NULL);
	while (rounds < 100)
		close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	return 0;
}

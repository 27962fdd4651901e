/* A signal handler opens and closes sockets on a small stack of its own, and so does a thread with the smallest one.
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

static void *small(void *unused)
{
	for (int i = 0; i < 100; i++)
		close(MUST(socket(AF_UNIX, SOCK_STREAM, 0)));
	return unused;
}

int main(void)
{
	stack_t stack = {.ss_size = (size_t)sysconf(_SC_MINSIGSTKSZ) + 8192};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	pthread_attr_t attributes;
	pthread_t thread;

	stack.ss_sp = malloc(stack.ss_size);
	EXPECT(stack.ss_sp != NULL);
	MUST(sigaltstack(&stack, NULL));
	MUST(sigaction(SIGALRM, &action, NULL));
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 500}, {0, 500}}, NULL);
	while (rounds < 100)
		close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN));
	EXPECT(pthread_create(&thread, &attributes, small, NULL) == 0);
	pthread_join(thread, NULL);
	return 0;
}

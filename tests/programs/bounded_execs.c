/* Many connections across forks and execs: bounded_execs CONNECTIONS PROGRAMS CHILDREN. Each program opens and closes CONNECTIONS of them, forks
 * CHILDREN that do the same while one of its threads continues, leaks one socket, and execs the next program.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static long connections;

static void serve(void)
{
	int fds[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	close(fds[0]);
	close(fds[1]);
}

static void *run(void *arg)
{
	for (long i = 0; i < connections; i++)
		serve();
	return arg;
}

static void leak(void) { MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

int main(int argc, char **argv)
{
	long programs = argc > 3 ? atol(argv[2]) : 1, children = argc > 3 ? atol(argv[3]) : 0;
	char left[24];
	pthread_t thread;
	connections = argc > 3 ? atol(argv[1]) : 1000;
	MUST(-pthread_create(&thread, NULL, run, NULL));
	for (long i = 0; i < children; i++)
		if (MUST(fork()) == 0) {
			run(NULL);
			leak();
			exit(0);
		}
	run(NULL);
	pthread_join(thread, NULL);
	while (wait(NULL) > 0)
		;
	leak();
	if (programs <= 1)
		return 0;
	snprintf(left, sizeof left, "%ld", programs - 1);
	MUST(execv("/proc/self/exe", (char *[]){argv[0], argv[1], left, argv[3], NULL}));
	return 1;
}

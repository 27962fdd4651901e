/* A host of plain socket work while something fails around it: `hook_faults N [WHAT ARG]`. Its output and its status, 3, must be the same
 * whatever happens to the trace.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

static void work(int n)
{
	int ends[2], sum = 0;
	char byte = 'x';

	for (int i = 0; i < n; i++) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		EXPECT(send(ends[0], &byte, 1, 0) == 1 && recv(ends[1], &byte, 1, 0) == 1);
		sum += fd + ends[0] + ends[1];
		MUST(close(fd));
		MUST(close(ends[0]));
		MUST(close(ends[1]));
		EXPECT(close(ends[1]) == -1 && errno == EBADF);
	}
	printf("%d cycles, sum of numbers %d\n", n, sum);
}

int main(int argc, char **argv)
{
	int n = atoi(argv[1]);
	const char *what = argc > 2 ? argv[2] : "", *arg = argc > 3 ? argv[3] : "";

	work(n);
	if (!strcmp(what, "chroot")) {
		MUST(chroot(arg));
		MUST(chdir("/"));
	} else if (!strncmp(what, "setuid", 6)) {
		MUST(setgid(65534));
		MUST(setuid(65534));
	} else if (!strcmp(what, "leak")) {
		for (int i = atoi(arg); i > 0; i--)
			MUST(socket(i % 2 ? AF_UNIX : AF_INET, i % 3 ? SOCK_STREAM : SOCK_DGRAM, 0));
	} else if (!strcmp(what, "wait")) { /* the test does something meanwhile */
		printf("waiting\n");
		fflush(stdout);
		EXPECT(getchar() == 'x');
	} else if (!strcmp(what, "fsize")) {
		struct rlimit limit = {(rlim_t)atol(arg), (rlim_t)atol(arg)};
		MUST(setrlimit(RLIMIT_FSIZE, &limit));
	} else if (!strcmp(what, "address_space")) {
		struct rlimit limit = {(rlim_t)atol(arg), (rlim_t)atol(arg)};
		MUST(setrlimit(RLIMIT_AS, &limit));
	}
	if (strstr(what, "fork")) {
		pid_t child = fork();
		if (!child) {
			work(n);
			fflush(stdout);
			_exit(4);
		}
		int status;
		MUST(waitpid(child, &status, 0));
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 4);
	}
	work(n);
	if (!strcmp(arg, "killed")) {
		fflush(stdout);
		raise(SIGKILL);
	}
	return 3;
}

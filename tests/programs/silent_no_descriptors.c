/* A program without sockets asks for every number whether it is open, its forked child too: it meets its own alone.
 * Expect: silent
 * Sockets: 0
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>
#include <sys/stat.h>

static void show_open(const char *who)
{
	struct stat st;

	printf("%s:", who);
	for (int fd = 0; fd < 10000; fd++)
		if (!fstat(fd, &st))
			printf(" %d", fd);
	printf("\n");
	fflush(stdout);
}

int main(void)
{
	struct rlimit limit;

	show_open("parent");
	if (!MUST(fork())) {
		show_open("child");
		_exit(0);
	}
	MUST(wait(NULL));
	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 20;
	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	show_open("limited");
	return 0;
}

/* Calls that have part in another's misuse: what lets a program in, what another thread is inside.
 * others CASE [CASE...]; `line: NAME` marks the lines that the test expects in a stack.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "tests/programs/threads.h"

#include <spawn.h>

#define KEEP static __attribute__((noinline))
#define KEEP_FRAME __asm__ volatile("") /* a call in tail position has no frame of its own */

KEEP void by_fork(void)
{
	pid_t pid = MUST(fork());

	if (pid == 0) {
		execl("/bin/true", "true", NULL); /* line: fork */
		_exit(1);
	}
	wait_for(pid);
}

KEEP void by_vfork(void)
{
	pid_t pid = MUST(vfork()); /* line: vfork */

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	wait_for(pid);
}

KEEP void by_spawn(void)
{
	char *command[] = {"true", NULL};
	pid_t pid;

	EXPECT(posix_spawn(&pid, "/bin/true", NULL, NULL, command, environ) == 0); /* line: spawn */
	wait_for(pid);
}

KEEP void by_system(void) { EXPECT(system("exec true") == 0); /* line: system */ }

KEEP void by_popen(void)
{
	FILE *pipe = popen("exec true", "r"); /* line: popen */

	EXPECT(pipe && pclose(pipe) == 0);
}

/* Whoever waits when the number is closed is not woken by it. */
static void reader(int fd)
{
	char byte;

	recv(fd, &byte, 1, 0);
	KEEP_FRAME;
}

KEEP void stuck(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	start(&worker, reader, ends[0]);
	until_inside(&worker, SYS_recvfrom);
	close(ends[0]); /* line: stuck */
	close(socket(AF_INET, SOCK_STREAM, 0));
	_exit(0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"fork", by_fork},	    {"vfork", by_vfork}, {"spawn", by_spawn},
		     {"system", by_system}, {"popen", by_popen}, {"stuck", stuck}};
	int fd = socket(AF_INET, SOCK_STREAM | (!strcmp(argv[1], "stuck") ? SOCK_CLOEXEC : 0), 0);

	for (int i = 1; i < argc; i++)
		for (size_t j = 0; j < sizeof cases / sizeof *cases; j++)
			if (!strcmp(argv[i], cases[j].name))
				cases[j].run(); /* line: main */
	close(fd);
	return 0;
}

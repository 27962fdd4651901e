/* Mistakes with a descriptor of a kind that is judged, and the habits that avoid them: see tests/hooks/kinds_test.py.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kinds.h"
#include "threads.h"

#include <stdbool.h>

static const char *former, *later;
static bool right;
static int number = -1;
static pthread_barrier_t step;

static void leak(void)
{
	int fd = make_kind(former);
	if (right)
		close(fd);
}

static void close_twice(void)
{
	int fd = make_kind(former);
	close(fd);
	if (!right)
		close(fd);
}

static void use_closed(void)
{
	int fd = make_kind(former);
	char byte;
	if (right)
		MUST(fcntl(fd, F_GETFL));
	close(fd);
	if (!right && read(fd, &byte, 1) < 0)
		perror("read");
}

/* Without close-on-exec it goes along to the shell, which may be told to use it. */
static void pass_on(bool used)
{
	int fd = make_kind(former);
	char command[32] = "exit 0";
	if (!right)
		MUST(fcntl(fd, F_SETFD, 0));
	if (used)
		sprintf(command, "exit 0 <&%d", fd);
	pid_t child = MUST(fork());
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(99);
	}
	wait_for(child);
	close(fd);
}

/* Closes what it has closed before. */
static void former_owner(int unused)
{
	(void)unused;
	int fd = make_kind(former);
	number = fd;
	close(fd);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (!right)
		close(fd);
	pthread_barrier_wait(&step);
}

static void later_owner(void)
{
	struct worker worker;
	pthread_barrier_init(&step, NULL, 2);
	start(&worker, former_owner, -1);
	pthread_barrier_wait(&step);
	int fd = make_kind(later);
	EXPECT(fd == number);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (fcntl(fd, F_GETFL) < 0)
		perror("fcntl");
	close(fd);
	join(&worker);
}

int main(int argc, char **argv)
{
	EXPECT(argc >= 3);
	former = argv[2];
	right = !strcmp(argv[argc - 1], "right");
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(argv[1], "leak")) {
		leak();
	} else if (!strcmp(argv[1], "close_twice")) {
		close_twice();
	} else if (!strcmp(argv[1], "use_closed")) {
		use_closed();
	} else if (!strncmp(argv[1], "pass", 4)) {
		pass_on(!strcmp(argv[1], "pass_used"));
	} else {
		EXPECT(argc >= 4);
		later = argv[3];
		later_owner();
	}
	return 0;
}

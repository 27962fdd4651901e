/* A thread is cancelled in recv, and another jumps out of it: neither is inside any more when a third one reads and closes, though
 * the second sleeps in a call on another socket then.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <setjmp.h>

static sigjmp_buf out;
static int other[2];

static void on_signal(int signal)
{
	(void)signal;
	siglongjmp(out, 1);
}

static void receives(int fd)
{
	char byte;

	recv(fd, &byte, 1, 0);
	EXPECT(!"recv comes back");
}

static void jumps(int fd)
{
	char byte;

	if (sigsetjmp(out, 1) == 0)
		receives(fd);
	EXPECT(recv(other[0], &byte, 1, 0) == 1);
}

int main(void)
{
	struct worker cancelled, jumper;
	int ends[2];

	signal(SIGUSR1, on_signal);
	connection(ends);
	connection(other);
	start(&cancelled, receives, ends[0]);
	until_inside(&cancelled, SYS_recvfrom);
	pthread_cancel(cancelled.thread);
	join(&cancelled);

	start(&jumper, jumps, ends[0]);
	until_inside(&jumper, SYS_recvfrom);
	pthread_kill(jumper.thread, SIGUSR1);
	usleep(20000);
	until_inside(&jumper, SYS_recvfrom);
	MUST(send(ends[1], "x", 1, 0));
	take(ends[0], 1);
	close(ends[0]);
	close(ends[1]);
	MUST(send(other[1], "x", 1, 0));
	join(&jumper);
	close(other[0]);
	close(other[1]);
	return 0;
}

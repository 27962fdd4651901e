/* A signal handler jumps out of recv and of accept: the old way to a timeout.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <setjmp.h>
#include <sys/time.h>

static sigjmp_buf out;

static void on_alarm(int number) { siglongjmp(out, number); }

static void alarm_soon(void) { setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 20000}, NULL); }

int main(void)
{
	struct sockaddr_in at;
	volatile int fd, ends[2];
	char byte;

	signal(SIGALRM, on_alarm);
	fd = listener(&at);
	connection((int *)ends);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(out, 1) == 0) {
			alarm_soon();
			recv(ends[0], &byte, 1, 0);
			EXPECT(!"recv comes back");
		}
		if (sigsetjmp(out, 1) == 0) {
			alarm_soon();
			accept(fd, NULL, NULL);
			EXPECT(!"accept comes back");
		}
	}
	MUST(send(ends[1], "x", 1, 0)); /* and the connection still serves */
	EXPECT(recv(ends[0], &byte, 1, 0) == 1);
	close(fd);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

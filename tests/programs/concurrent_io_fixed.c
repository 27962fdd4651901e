/* Two threads take turns to read from one TCP connection.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void reader(int fd)
{
	char byte;

	pthread_mutex_lock(&turn);
	EXPECT(recv(fd, &byte, 1, 0) == 1);
	pthread_mutex_unlock(&turn);
}

int main(void)
{
	struct worker first, second;
	int ends[2];

	connection(ends);
	start(&first, reader, ends[0]);
	until_inside(&first, SYS_recvfrom);
	start(&second, reader, ends[0]);
	until_inside(&second, SYS_futex);
	MUST(send(ends[1], "xy", 2, 0));
	join(&first);
	join(&second);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

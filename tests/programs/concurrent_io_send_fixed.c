/* Two threads take turns to write to one connection.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char message[1 << 22];

static void writer(int fd)
{
	pthread_mutex_lock(&turn);
	EXPECT(send(fd, message, sizeof message, 0) == sizeof message);
	pthread_mutex_unlock(&turn);
}

int main(void)
{
	struct worker first, second;
	static char room[1 << 16];
	int ends[2];

	connection(ends);
	start(&first, writer, ends[0]);
	until_inside(&first, SYS_sendto);
	start(&second, writer, ends[0]);
	until_inside(&second, SYS_futex);
	for (size_t n = 0; n < 2 * sizeof message;)
		n += (size_t)MUST((int)recv(ends[1], room, sizeof room, 0));
	join(&first);
	join(&second);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

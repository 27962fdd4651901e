/* The corrected twin of unread_data_lingered: the client stops when it is answered.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void send_and_look(int fd)
{
	char answer[2];

	while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) < 0)
		EXPECT(send(fd, "more", 4, MSG_NOSIGNAL) == 4);
	close(fd);
}

int main(void)
{
	struct worker client;
	int ends[2];
	char bytes[64];

	connection(ends);
	start(&client, send_and_look, ends[0]);
	take(ends[1], 4);
	MUST(send(ends[1], "no", 2, 0));
	MUST(shutdown(ends[1], SHUT_WR));
	while (recv(ends[1], bytes, sizeof bytes, 0) > 0)
		continue;
	close(ends[1]);
	join(&client);
	return 0;
}

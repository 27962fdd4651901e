/* A logger finds nobody at its socket, sees that when it sends, and closes: it asked, and heeded the answer.
 * Expect: wrong-state severity=note function=report
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/un.h>

static void report(const char *text)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/log"};
	int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));

	if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0)
		errno = 0; /* the send will tell */
	EXPECT(send(fd, text, strlen(text), MSG_NOSIGNAL) == -1);
	close(fd);
}

int main(void)
{
	report("hello");
	return 0;
}

/* A daemon's logger never finds its socket: it tries again by a connect each time, and goes on without. Each write asked first.
 * Expect: wrong-state severity=note function=report count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/un.h>

static void report(int fd, const char *text)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/log"};

	if (write(fd, text, strlen(text)) < 0 && errno == ENOTCONN)
		EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
}

int main(void)
{
	int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));

	for (int i = 0; i < 3; i++)
		report(fd, "hello");
	close(fd);
	return 0;
}

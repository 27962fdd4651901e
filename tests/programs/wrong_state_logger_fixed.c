/* The same logger sends only when its connect went well.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/un.h>

static void report(const char *text)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/log"};
	int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));

	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		MUST(send(fd, text, strlen(text), MSG_NOSIGNAL));
	close(fd);
}

int main(void)
{
	report("hello");
	return 0;
}

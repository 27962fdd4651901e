/* The same logger connects before it writes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/un.h>

static void report(int fd, const char *text)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/log"};

	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		MUST(write(fd, text, strlen(text)));
}

int main(void)
{
	int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));

	for (int i = 0; i < 3; i++)
		report(fd, "hello");
	close(fd);
	return 0;
}

/* A connection that is written to by a FILE, whose bytes no call shows: it was in use all the same.
 * Expect: never-closed cause=in-use severity=error function=dial count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void dial(const struct sockaddr_in *at, int stream)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	if (stream) {
		FILE *f = fdopen(fd, "w");
		EXPECT(f && fputs("hello", f) >= 0 && fflush(f) == 0);
	} else {
		EXPECT(dprintf(fd, "hello") == 5);
	}
}

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at);

	dial(&at, 0);
	dial(&at, 1);
	close(server);
	return 0;
}

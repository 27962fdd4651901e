/* The same closes what it wrote to.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void dial(const struct sockaddr_in *at, int stream)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	if (stream) {
		FILE *f = fdopen(fd, "w");
		EXPECT(f && fputs("hello", f) >= 0 && fclose(f) == 0);
	} else {
		EXPECT(dprintf(fd, "hello") == 5);
		close(fd);
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

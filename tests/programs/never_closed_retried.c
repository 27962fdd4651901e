/* The first connect is refused, the second succeeds, and the connection is left open: in use, not failed.
 * Expect: never-closed cause=in-use function=dial
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void dial(const struct sockaddr_in *first, const struct sockaddr_in *second)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (const struct sockaddr *)first, sizeof *first) < 0)
		MUST(connect(fd, (const struct sockaddr *)second, sizeof *second));
	MUST(send(fd, "x", 1, 0));
}

int main(void)
{
	struct sockaddr_in refused, at;
	int nobody_listens = bound(&refused), server = listener(&at);

	dial(&refused, &at);
	close(nobody_listens);
	close(server);
	return 0;
}

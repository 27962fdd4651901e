/* Nobody looks at what connect says: what is sent is lost, each time.
 * Expect: wrong-state severity=error function=report count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void report(const struct sockaddr_in *to)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	(void)!connect(fd, (const struct sockaddr *)to, sizeof *to);
	send(fd, "hello", 5, MSG_NOSIGNAL);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at);

	for (int i = 0; i < 3; i++)
		report(&at);
	close(refuses);
	return 0;
}

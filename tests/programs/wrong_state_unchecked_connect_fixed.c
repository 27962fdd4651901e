/* What connect says is looked at.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void report(const struct sockaddr_in *to)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
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

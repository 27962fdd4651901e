/* The error path closes, then jumps to the clean-up that closes again.
 * Expect: double-close function=request
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int request(const struct sockaddr_in *at)
{
	int result = -1, fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0) {
		perror("connect");
		close(fd);
		goto out;
	}
	result = 0;
out:
	close(fd);
	return result;
}

int main(void)
{
	struct sockaddr_in at;
	int nobody_listens = bound(&at);

	EXPECT(request(&at) == -1);
	close(nobody_listens);
	return 0;
}

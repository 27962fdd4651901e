/* A nonblocking connect asked again until it says EISCONN, and one tried again after a refusal: both are usual.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at, refused;
	int server = listener(&at), nobody = bound(&refused),
	    fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	while (connect(fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EISCONN)
		EXPECT(errno == EINPROGRESS || errno == EALREADY);
	close(fd);
	fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	EXPECT(connect(fd, (struct sockaddr *)&refused, sizeof refused) == -1);
	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	MUST(send(fd, "x", 1, 0));
	close(fd);
	close(nobody);
	close(server);
	return 0;
}

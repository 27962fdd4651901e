/* The same loop; each connection is closed when its request is done.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd, int requests)
{
	while (requests-- > 0) {
		char request[64];
		int peer = MUST(accept(fd, NULL, NULL));

		while (MUST(recv(peer, request, sizeof request, 0)) > 0)
			MUST(send(peer, "ok\n", 3, 0));
		close(peer);
	}
}

static void *visit(void *at)
{
	for (int i = 0; i < 3; i++) {
		char answer[3];
		int fd = client(at);

		MUST(send(fd, "hello\n", 6, 0));
		EXPECT(recv(fd, answer, sizeof answer, MSG_WAITALL) == sizeof answer);
		close(fd);
	}
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t visitor;
	int fd = listener(&at);

	EXPECT(pthread_create(&visitor, NULL, visit, &at) == 0);
	serve(fd, 3);
	pthread_join(visitor, NULL);
	close(fd);
	return 0;
}

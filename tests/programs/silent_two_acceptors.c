/* Two threads wait in accept on one listener; each serves one visitor.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *acceptor(void *listening)
{
	int peer = MUST(accept(*(int *)listening, NULL, NULL));

	MUST(send(peer, "x", 1, 0));
	close(peer);
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t threads[2];
	char byte;
	int fd = listener(&at), visitors[2];

	for (int i = 0; i < 2; i++)
		EXPECT(pthread_create(&threads[i], NULL, acceptor, &fd) == 0);
	for (int i = 0; i < 2; i++)
		visitors[i] = client(&at);
	for (int i = 0; i < 2; i++) {
		EXPECT(recv(visitors[i], &byte, 1, 0) == 1);
		close(visitors[i]);
		pthread_join(threads[i], NULL);
	}
	close(fd);
	return 0;
}

/* Two threads share one connection: one sends, the other receives.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *sender(void *fd)
{
	for (int i = 0; i < 100; i++)
		MUST(send(*(int *)fd, "x", 1, 0));
	return NULL;
}

static void *receiver(void *fd)
{
	char byte;

	for (int i = 0; i < 100; i++)
		EXPECT(recv(*(int *)fd, &byte, 1, 0) == 1);
	return NULL;
}

int main(void)
{
	int ends[2];
	pthread_t threads[4];

	connection(ends);
	for (int i = 0; i < 2; i++) {
		EXPECT(pthread_create(&threads[i], NULL, sender, &ends[i]) == 0);
		EXPECT(pthread_create(&threads[2 + i], NULL, receiver, &ends[i]) == 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* One thread makes sockets, another closes them, one after the other: 100 times over the same numbers.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int channel[2];

static void *closer(void *unused)
{
	int fd;

	while (read(channel[0], &fd, sizeof fd) == sizeof fd && fd >= 0)
		close(fd);
	return unused;
}

int main(void)
{
	pthread_t thread;
	int end = -1;

	MUST(pipe(channel));
	EXPECT(pthread_create(&thread, NULL, closer, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

		MUST(write(channel[1], &fd, sizeof fd));
	}
	MUST(write(channel[1], &end, sizeof end));
	pthread_join(thread, NULL);
	close(channel[0]);
	close(channel[1]);
	return 0;
}

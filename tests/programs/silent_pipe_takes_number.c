/* The number of a closed socket now belongs to a pipe, an epoll and a duplicated file.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/epoll.h>

int main(void)
{
	int ends[2], numbers[2], poller;

	for (int i = 0; i < 2; i++)
		ends[i] = MUST(socket(AF_INET, SOCK_STREAM, 0));
	close(ends[0]);
	close(ends[1]);
	MUST(pipe(numbers));
	EXPECT(numbers[0] == ends[0] && numbers[1] == ends[1]);
	MUST(write(numbers[1], "x", 1));
	close(numbers[0]);
	close(numbers[1]);
	poller = MUST(epoll_create1(0));
	EXPECT(poller == ends[0]);
	EXPECT(dup(poller) == ends[1]);
	close(poller);
	close(ends[1]);
	return 0;
}

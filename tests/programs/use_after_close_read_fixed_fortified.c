/* A fortified read, before the close.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	char text[8];
	int ends[2];
	ssize_t n;
	/* A length that the compiler cannot know, or it would call plain read. */
	size_t length = (size_t)argc + strlen(argv[0]) % 4;

	connection(ends);
	MUST(send(ends[1], "hello", 5, 0));
	n = read(ends[0], text, length);
	printf("read: %s\n", n > 0 ? "some" : "nothing");
	take(ends[0], 5 - (size_t)n);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

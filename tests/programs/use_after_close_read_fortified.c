/* A fortified read, which is __read_chk, after the close.
 * Expect: use-after-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	char text[8];
	int ends[2];
	/* A length that the compiler cannot know, or it would call plain read. */
	size_t length = (size_t)argc + strlen(argv[0]) % 4;

	connection(ends);
	MUST(send(ends[1], "hello", 5, 0));
	take(ends[0], 5);
	close(ends[0]);
	printf("read: %s\n", read(ends[0], text, length) > 0 ? "some" : "nothing");
	close(ends[1]);
	return 0;
}

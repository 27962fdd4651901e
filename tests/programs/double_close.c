/* A helper closes the socket, and so does its caller.
 * Expect: double-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void finish(int fd) { close(fd); }

int main(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	finish(fd);
	close(fd);
	return 0;
}

/* A program starts anew, without its sockets.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	execl("/proc/self/exe", argv[0], "anew", NULL);
	return 99;
}

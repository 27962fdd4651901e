/* A program starts anew, and forgets that its socket is still there.
 * Expect: leaked-to-exec function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	MUST(socket(AF_INET, SOCK_DGRAM, 0));
	execl("/proc/self/exe", argv[0], "anew", NULL);
	return 99;
}

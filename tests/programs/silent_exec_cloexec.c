/* The program becomes another one; its close-on-exec sockets are closed by that.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	int ends[2];

	if (argc == 2)
		return 0;
	connection(ends);
	execl("/proc/self/exe", argv[0], "again", NULL);
	return 99;
}

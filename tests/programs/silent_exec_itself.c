/* A server starts itself anew, as for an upgrade, and what it listens on goes along.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	char number[12];

	if (argc > 1) {
		close(atoi(argv[1]));
		return 0;
	}
	sprintf(number, "%d", listener(&at));
	fcntl(atoi(number), F_SETFD, 0);
	execl("/proc/self/exe", argv[0], number, NULL);
	return 99;
}

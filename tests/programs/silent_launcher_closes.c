/* A launcher closes what it inherited before it becomes the command, as Java's jspawnhelper does: nothing reaches the command.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	char number[16];
	pid_t child;

	sprintf(number, "%d", fd);
	child = MUST(fork());
	if (child == 0) {
		execl("/usr/bin/perl", "perl", "-MPOSIX", "-e", "POSIX::close($ARGV[0]) or exit 1; exec '/bin/true'",
		      number, NULL);
		_exit(99);
	}
	wait_for(child);
	close(fd);
	return 0;
}

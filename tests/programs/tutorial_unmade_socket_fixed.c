/* The result is looked at; there is nothing to clean up where nothing was made.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int report(const char *text)
{
	int fd = socket(AF_INET, SOCK_SEQPACKET, 0); /* TCP has no such type: fails */

	if (fd < 0) {
		perror("socket");
		return -1;
	}
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		perror("send");
	return close(fd);
}

int main(void)
{
	EXPECT(report("hello") == -1);
	return 0;
}

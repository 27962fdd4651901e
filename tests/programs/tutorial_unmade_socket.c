/* The socket never came to be, and the result of socket() was not looked at. The clean-up's close(-1) is harmless,
 * the send before it is the mistake.
 * Expect: bad-fd function=report
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int report(const char *text)
{
	int fd = socket(AF_INET, SOCK_SEQPACKET, 0); /* TCP has no such type: fails */

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		perror("send");
	return close(fd);
}

int main(void)
{
	EXPECT(report("hello") == -1);
	return 0;
}

/* Two servers want the same port.
 * Expect: address-in-use function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int first = listener(&at), second = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	EXPECT(bind(second, (struct sockaddr *)&at, sizeof at) == -1 && errno == EADDRINUSE);
	close(second);
	close(first);
	return 0;
}

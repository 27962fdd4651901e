/* The second server takes a port of its own.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int first = listener(&at), second = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	at.sin_port = 0;
	MUST(bind(second, (struct sockaddr *)&at, sizeof at));
	close(second);
	close(first);
	return 0;
}

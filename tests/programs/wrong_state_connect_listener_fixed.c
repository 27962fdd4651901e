/* The listener only accepts.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at);

	close(client(&at));
	close(server);
	return 0;
}

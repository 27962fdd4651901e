/* A socket of its own listens.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int ends[2];

	connection(ends);
	close(listener(&at));
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* A stopped server asks before it accepts.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int listening = -1;

static int serve_one(void)
{
	if (listening < 0)
		return -1;
	return accept(listening, NULL, NULL);
}

static void stop(void)
{
	close(listening);
	listening = -1;
}

int main(void)
{
	struct sockaddr_in at;

	listening = listener(&at);
	stop();
	EXPECT(serve_one() == -1);
	return 0;
}

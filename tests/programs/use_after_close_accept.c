/* A stopped server goes on accepting.
 * Expect: use-after-close function=serve_one
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int listening = -1;

static int serve_one(void) { return accept(listening, NULL, NULL); }

static void stop(void) { close(listening); }

int main(void)
{
	struct sockaddr_in at;

	listening = listener(&at);
	stop();
	EXPECT(serve_one() == -1);
	return 0;
}

/* The server closes each connection, and its clients keep a few that they use in turn.
 * Expect: silent
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void serve(int l)
{
	int c = MUST(accept(l, NULL, NULL));

	MUST(close(c));
}

int main(void)
{
	struct sockaddr_in at;
	int l = listener(&at);

	while (goes_on()) {
		int c = client(&at);

		serve(l);
		MUST(close(c));
	}
	MUST(close(l));
	return 0;
}

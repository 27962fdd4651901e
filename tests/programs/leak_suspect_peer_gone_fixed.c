/* The worker also closes a connection with an empty request.
 * Expect: silent
 * Options: --limit=leak-suspect=TURNSms --limit=close-wait=1h
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void work(int l)
{
	char text[16];
	int c = MUST(accept(l, NULL, NULL));

	MUST(recv(c, text, sizeof text, 0));
	MUST(close(c));
}

int main(void)
{
	struct sockaddr_in at;
	int l = listener(&at);

	for (int n = 0; goes_on(); n++) {
		int c = client(&at);

		if (n % 2)
			MUST(send(c, "x", 1, 0));
		MUST(close(c));
		work(l);
	}
	MUST(close(l));
	return 0;
}

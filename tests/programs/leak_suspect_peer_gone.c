/* A worker reads each request to the end, but does not close a connection with an empty one.
 * Expect: leak-suspect function=work
 * Options: --limit=leak-suspect=TURNSms --limit=close-wait=1h
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void work(int l)
{
	char text[16];
	int c = MUST(accept(l, NULL, NULL));

	if (MUST(recv(c, text, sizeof text, 0)) > 0)
		MUST(close(c));
}

int main(void)
{
	struct sockaddr_in at;
	int l = listener(&at);

	ask_for_files(2048);
	for (int n = 0; goes_on(); n++) {
		int c = client(&at);

		if (n % 2)
			MUST(send(c, "x", 1, 0));
		MUST(close(c));
		work(l);
	}
	return 0;
}

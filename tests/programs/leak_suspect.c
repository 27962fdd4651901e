/* A server forgets every second connection, and its client stays connected.
 * Expect: leak-suspect function=serve
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void serve(int l, int n)
{
	int c = MUST(accept(l, NULL, NULL));

	if (n % 2)
		MUST(close(c));
}

int main(void)
{
	struct sockaddr_in at;
	int l = listener(&at);

	ask_for_files(2048);
	for (int n = 0; goes_on(); n++) {
		int c = client(&at);

		serve(l, n);
		if (n % 2)
			MUST(close(c));
	}
	return 0;
}

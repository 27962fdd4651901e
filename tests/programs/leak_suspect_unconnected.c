/* A client makes a socket for each request, finds nothing to ask, and forgets it; every second one is closed.
 * Expect: leak-suspect function=prepare
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void prepare(int n)
{
	int s = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (n % 2)
		MUST(close(s));
}

int main(void)
{
	ask_for_files(2048);
	for (int n = 0; goes_on(); n++)
		prepare(n);
	return 0;
}

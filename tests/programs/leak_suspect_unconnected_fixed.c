/* The client keeps some sockets ready, which fill up over a while.
 * Expect: silent
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

enum { READY = 30 };

static void prepare(int *ready, int n)
{
	int s = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (n < READY)
		ready[n] = s;
	else
		MUST(close(s));
}

int main(void)
{
	int ready[READY], n = 0;

	for (; goes_on(); n++)
		prepare(ready, n);
	for (int i = 0; i < READY && i < n; i++)
		MUST(close(ready[i]));
	return 0;
}

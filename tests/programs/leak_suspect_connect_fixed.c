/* The client keeps a pool, which fills up over time and whose connections are used in turn.
 * Expect: silent
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

enum { POOL = 30 };

static int ask(int *pool, int n, const struct sockaddr_in *at)
{
	if (n < POOL) {
		pool[n] = MUST(socket(AF_INET, SOCK_STREAM, 0));
		MUST(connect(pool[n], (const struct sockaddr *)at, sizeof *at));
	}
	MUST(send(pool[n % POOL], "x", 1, 0));
	return n + 1;
}

int main(void)
{
	struct sockaddr_in at;
	int pool[POOL], n = 0, l = listener(&at);

	MUST(listen(l, 1000)); /* they wait there */
	while (goes_on())
		n = ask(pool, n, &at);
	for (int i = 0; i < POOL && i < n; i++)
		MUST(close(pool[i]));
	MUST(close(l));
	return 0;
}

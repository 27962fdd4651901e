/* A client opens a connection for each request, and closes none.
 * Expect: leak-suspect function=ask
 * Options: --limit=leak-suspect=TURNSms
 * Looked at while it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "goes_on.h"

static void ask(const struct sockaddr_in *at)
{
	int s = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(s, (const struct sockaddr *)at, sizeof *at));
	MUST(send(s, "x", 1, 0));
}

int main(void)
{
	struct sockaddr_in at;
	int l = listener(&at);

	ask_for_files(2048);
	MUST(listen(l, 1000)); /* they wait there */
	while (goes_on())
		ask(&at);
	return 0;
}

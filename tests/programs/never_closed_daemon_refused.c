/* daemon(3) finds no room for another process, and the program goes on where it is.
 * Expect: never-closed cause=never-used function=make count=20
 * Expect: double-close function=main
 * Sockets: 21
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

enum { MAKE_MORE = 20, CLOSE_AGAIN = 1 };

static void make(void) { MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

int main(void)
{
	const struct rlimit none = {0, 0};
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (!getuid())
		MUST(setuid(65534)); /* the limit is none for root */
	MUST(setrlimit(RLIMIT_NPROC, &none));
	EXPECT(daemon(1, 1) == -1 && errno == EAGAIN);
	for (int i = 0; i < MAKE_MORE; i++)
		make();
	for (int i = 0; i <= CLOSE_AGAIN; i++)
		close(fd);
	return 0;
}

/* The stale name of a Unix socket is removed before bind.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/un.h>

int main(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int first = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
	    second = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	snprintf(at.sun_path, sizeof at.sun_path, "in_use.%d", (int)getpid());
	MUST(bind(first, (struct sockaddr *)&at, sizeof at));
	close(first); /* the name stays */
	unlink(at.sun_path);
	MUST(bind(second, (struct sockaddr *)&at, sizeof at));
	unlink(at.sun_path);
	close(second);
	return 0;
}

/* A thread keeps a Unix connection that nobody uses.
 * Expect: idle function=visit
 * Expect: idle function=main
 * Options: --limit=idle=200ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <stddef.h>
#include <sys/un.h>

static struct sockaddr_un at = {.sun_family = AF_UNIX};
static socklen_t size;

static void visit(int unused)
{
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	(void)unused;
	MUST(connect(fd, (struct sockaddr *)&at, size));
	usleep(300000);
	close(fd);
}

int main(void)
{
	struct worker worker;
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), peer;

	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(at.sun_path + 1, 32, "idle.%d", (int)getpid()));
	MUST(bind(fd, (struct sockaddr *)&at, size));
	MUST(listen(fd, 4));
	start(&worker, visit, -1);
	peer = MUST(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	join(&worker);
	close(peer);
	close(fd);
	return 0;
}

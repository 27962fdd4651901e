/* A connect to a busy server that gives up in time.
 * Expect: silent
 * Options: --limit=no-timeout=1s
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <stddef.h>
#include <sys/time.h>
#include <sys/un.h>

static struct sockaddr_un at = {.sun_family = AF_UNIX};
static socklen_t size;

static void visit(int fd)
{
	struct timeval limit = {.tv_sec = 30};

	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
	MUST(connect(fd, (struct sockaddr *)&at, size));
	close(fd);
}

int main(void)
{
	struct worker worker;
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), first, second;

	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(at.sun_path + 1, 32, "busy.%d", (int)getpid()));
	MUST(bind(fd, (struct sockaddr *)&at, size));
	MUST(listen(fd, 0)); /* one may wait, the next is blocked */
	first = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	second = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	MUST(connect(first, (struct sockaddr *)&at, size));
	start(&worker, visit, second);
	usleep(1300000);
	close(MUST(accept(fd, NULL, NULL)));
	close(MUST(accept(fd, NULL, NULL)));
	join(&worker);
	close(first);
	close(fd);
	return 0;
}

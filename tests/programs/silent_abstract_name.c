/* Abstract Unix addresses are bytes: zeroes, quotes and what is no UTF-8 are all right in them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <stddef.h>
#include <sys/un.h>

static void serve(const char *name, socklen_t length)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + length;
	int server = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	memcpy(at.sun_path + 1, name, length - 1);
	MUST(bind(server, (struct sockaddr *)&at, size));
	MUST(listen(server, 1));
	MUST(connect(fd, (struct sockaddr *)&at, size));
	close(MUST(accept(server, NULL, NULL)));
	close(fd);
	close(server);
}

int main(void)
{
	char name[107] = {0};

	snprintf(name, sizeof name, "socksan-%d", getpid());
	serve(name, sizeof name + 1); /* the usual slip: the whole field is the name, zeroes and all */
	snprintf(name, sizeof name, "socksan \"%d\\\n\x01\xff\xfe", getpid());
	serve(name, (socklen_t)strlen(name) + 1);
	return 0;
}

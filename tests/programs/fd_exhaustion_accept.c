/* A server in a child cannot accept: that is reported once, though it tries again.
 * Expect: fd-exhaustion function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/resource.h>

static void serve(int fd)
{
	struct rlimit limit = {20, 20};
	int peers[20], n = 0;

	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	while ((peers[n] = accept(fd, NULL, NULL)) >= 0)
		n++;
	EXPECT(errno == EMFILE && accept(fd, NULL, NULL) == -1);
	while (n > 0)
		close(peers[--n]);
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int visitors[20], fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	socklen_t size = sizeof at;
	pid_t pid;

	at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	MUST(bind(fd, (struct sockaddr *)&at, size));
	MUST(listen(fd, 64));
	MUST(getsockname(fd, (struct sockaddr *)&at, &size));
	pid = MUST(fork());
	if (pid == 0)
		serve(fd);
	for (int i = 0; i < 20; i++)
		visitors[i] = client(&at);
	wait_for(pid);
	for (int i = 0; i < 20; i++)
		close(visitors[i]);
	close(fd);
	return 0;
}

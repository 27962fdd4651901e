/* A child that is killed inside close(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <stdbool.h>
#include <sys/syscall.h>

/* Closes a connection whose peer reads nothing yet: that takes until the last byte has arrived, or ten seconds. */
static inline void linger(const struct sockaddr_in *at)
{
	const struct linger ten = {.l_onoff = 1, .l_linger = 10};
	static const char bytes[65536];
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &ten, sizeof ten));
	while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
	close(fd);
	_exit(99); /* it was not killed */
}

/* Whether a process sleeps in close(2). */
static inline bool closes(pid_t pid)
{
	char path[64], call[64] = "";

	snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
	int fd = MUST(open(path, O_RDONLY));
	EXPECT(read(fd, call, sizeof call - 1) > 0);
	close(fd);
	return strtol(call, NULL, 10) == SYS_close && call[0] >= '0' && call[0] <= '9';
}

static inline int kill_closing(void (*child)(const struct sockaddr_in *))
{
	struct sockaddr_in at;
	int fd = listener(&at), status;
	char bytes[4096];
	pid_t pid = MUST(fork());

	if (pid == 0) {
		close(fd);
		child(&at);
	}
	int peer = MUST(accept(fd, NULL, NULL));
	close(fd);
	while (!closes(pid))
		usleep(1000);
	MUST(kill(pid, SIGKILL));
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status));
	while (recv(peer, bytes, sizeof bytes, 0) > 0)
		continue;
	close(peer);
	return 0;
}

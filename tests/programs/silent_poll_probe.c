/* A program asks by poll() which of many numbers are open, after it has closed a socket, as xargs and daemons do.
 *
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	enum { MANY = 64 };
	struct pollfd all[MANY];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), open = 0;
	close(fd);
	for (int i = 0; i < MANY; i++)
		all[i] = (struct pollfd){.fd = i, .events = POLLIN | POLLOUT};
	if (poll(all, MANY, 0) < 0)
		return 1;
	for (int i = 0; i < MANY; i++)
		open += !(all[i].revents & POLLNVAL);
	return open < 3;
}

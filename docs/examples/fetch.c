/* A client that closes its connection unless the connect fails, which it does not on a good day.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static int dial(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)address, sizeof *address) < 0)
		return -1; /* the mistake: fd stays open */
	return fd;
}

static int serve(struct sockaddr_in *address)
{
	socklen_t size = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)address, size) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = serve(&address);
	int fd = listener < 0 ? -1 : dial(&address);

	if (fd < 0)
		perror("fetch");
	else
		close(fd);
	if (listener >= 0)
		close(listener);
	return fd < 0;
}

/* Every kind of misuse now and then among many connections without problems: bounded_mix CONNECTIONS EVERY.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_in address = {.sin_family = AF_INET};
static int server;

static void serve(void)
{
	int fds[2];
	char byte = 1;
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	MUST(send(fds[0], &byte, 1, 0));
	MUST(recv(fds[1], &byte, 1, 0));
	close(fds[0]);
	close(fds[1]);
}

static int tcp(void) { return MUST(socket(AF_INET, SOCK_STREAM, 0)); }

static void twice(void)
{
	int fd = tcp();
	close(fd);
	close(fd);
}

static void late(void)
{
	int fd = tcp();
	close(fd);
	send(fd, "x", 1, MSG_NOSIGNAL);
}

static void early(void)
{
	int fd = tcp();
	accept(fd, NULL, NULL);
	close(fd);
}

/* Each connection comes from an address of its own: a host may have few ports to give, and a closed connection holds one for a minute. */
static int connected(void)
{
	static unsigned n;
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr =
					   htonl(0x7f800000U | (unsigned)getpid() % 0x4000 << 9 | n++ % 0x200)};
	int fd = tcp();
	MUST(bind(fd, (struct sockaddr *)&from, sizeof from));
	MUST(connect(fd, (struct sockaddr *)&address, sizeof address));
	return fd;
}

static void unread(void)
{
	int fd = connected(), peer = MUST(accept(server, NULL, NULL));
	MUST(send(peer, "answer", 6, 0));
	MUST(recv(fd, &(char){0}, 1, 0));
	MUST(send(fd, "x", 1, 0));
	close(fd);
	close(peer);
}

static void refused(void)
{
	struct sockaddr_in nobody = address;
	int fd = tcp();
	nobody.sin_port = htons(1);
	if (connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == 0)
		abort();
}

static void deserted(void)
{
	int fd = connected(), peer = MUST(accept(server, NULL, NULL));
	MUST(send(fd, "x", 1, 0));
	close(fd);
	MUST(recv(peer, &(char){0}, 1, 0));
	MUST(recv(peer, &(char){0}, 1, 0));
}

int main(int argc, char **argv)
{
	static void (*const wrongs[])(void) = {twice, late, early, unread, refused, deserted};
	long n = argc > 2 ? atol(argv[1]) : 1000, every = argc > 2 ? atol(argv[2]) : 100;
	socklen_t len = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = tcp();
	MUST(bind(server, (struct sockaddr *)&address, sizeof address));
	MUST(getsockname(server, (struct sockaddr *)&address, &len));
	MUST(listen(server, 8));
	for (long i = 1; i <= n; i++)
		if (i % every == 0)
			wrongs[i / every % (long)(sizeof wrongs / sizeof *wrongs)]();
		else
			serve();
	send(-1, "x", 1, MSG_NOSIGNAL);
	close(server);
	return 0;
}

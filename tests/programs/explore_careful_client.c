/* A client that handles every failure: nothing is reported, whatever fails.
 * Explore: --memory
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <netdb.h>

static int server(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)at, len) && !listen(fd, 8) && !getsockname(fd, (struct sockaddr *)at, &len))
		return fd;
	close(fd);
	return -1;
}

static int resolve(const char *host, unsigned port, struct sockaddr_in *at)
{
	struct addrinfo *found = NULL,
			hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(host, service, &hints, &found))
		return -1;
	memcpy(at, found->ai_addr, sizeof *at);
	freeaddrinfo(found);
	return 0;
}

static int dial(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) &&
	    !connect(fd, (const struct sockaddr *)at, sizeof *at))
		return fd;
	close(fd);
	return -1;
}

static int send_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

/* Up to a line's end. */
static char *receive_line(int fd)
{
	size_t n = 0, room = 16;
	char *line = malloc(room);

	while (line) {
		ssize_t more = recv(fd, line + n, 1, 0);
		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			break;
		if (line[n] == '\n') {
			line[n] = 0;
			return line;
		}
		if (++n == room) {
			char *larger = realloc(line, room *= 2);
			if (!larger)
				break;
			line = larger;
		}
	}
	free(line);
	return NULL;
}

static int talk(int listener, const struct sockaddr_in *at)
{
	char *line = NULL;
	int client = dial(at), peer = client < 0 ? -1 : accept(listener, NULL, NULL), ok = 0;

	if (peer >= 0 && !send_all(client, "a line that is longer than the first room for it\n") &&
	    (line = receive_line(peer)))
		ok = puts(line) != EOF;
	free(line);
	if (peer >= 0)
		close(peer);
	if (client >= 0)
		close(client);
	return ok ? 0 : -1;
}

int main(void)
{
	struct sockaddr_in at, found;
	int listener = server(&at), failed;

	if (listener < 0) {
		fputs("no listener\n", stderr);
		return 1;
	}
	failed = resolve("127.0.0.1", ntohs(at.sin_port), &found) || talk(listener, &found);
	close(listener);
	if (failed)
		fputs("failed\n", stderr);
	return failed ? 1 : 0;
}

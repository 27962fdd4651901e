/* What a call that is let fail leaves behind: it says so, a line for each thing that it sees. argv[1]: which call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/un.h>
#include <sys/wait.h>

static void see(const char *what, long value)
{
	printf("%s %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerrorname_np(errno) : "");
}

static int listens(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	MUST(bind(fd, (struct sockaddr *)at, len));
	MUST(listen(fd, 8));
	MUST(getsockname(fd, (struct sockaddr *)at, &len));
	return fd;
}

/* Two ends of a connection. */
static void connected_pair(int ends[2])
{
	struct sockaddr_in at;
	int l = listens(&at);

	ends[0] = MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect(ends[0], (struct sockaddr *)&at, sizeof at));
	ends[1] = MUST(accept(l, NULL, NULL));
	close(l);
}

static void connecting(int flags)
{
	struct sockaddr_in at;
	struct pollfd ready = {.events = POLLOUT};
	int error = 0, l = listens(&at), fd = MUST(socket(AF_INET, SOCK_STREAM | flags, 0));
	socklen_t len = sizeof error;

	see("connect", connect(fd, (struct sockaddr *)&at, sizeof at));
	ready.fd = fd;
	if (flags) {
		see("poll", poll(&ready, 1, 1000));
		MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
		see(error == ECONNREFUSED ? "refused" : "error", error);
	} else {
		see("again", connect(fd, (struct sockaddr *)&at, sizeof at));
	}
	close(fd);
	close(l);
}

static void accepting(void)
{
	struct sockaddr_in at;
	struct pollfd ready = {.events = POLLIN};
	char byte;
	int l = listens(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), got;

	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	got = accept(l, NULL, NULL);
	see("accept", got < 0 ? got : 0);
	ready.fd = l;
	see("waiting", poll(&ready, 1, 0));
	see("recv", got < 0 ? recv(fd, &byte, 1, MSG_DONTWAIT) : 0);
	if (got >= 0)
		close(got);
	close(fd);
	close(l);
}

static volatile sig_atomic_t pipes;
static void on_pipe(int signal) { pipes += signal == SIGPIPE; }

static void closing(void)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	struct sigaction action = {.sa_handler = on_pipe};
	sigaction(SIGUSR1, &action, NULL);
	see("close", close(ends[0]));
	see("open", fcntl(ends[0], F_GETFD));
	close(ends[1]);
}

static void sending(void)
{
	int ends[2];
	char bytes[8];

	connected_pair(ends);
	signal(SIGPIPE, on_pipe);
	see("send", write(ends[0], "12345678", 8));
	see("signals", pipes);
	see("send", send(ends[0], "9", 1, MSG_NOSIGNAL));
	see("recv", recv(ends[0], bytes, 8, MSG_DONTWAIT));
	close(ends[0]);
	close(ends[1]);
}

static void receiving(void)
{
	int ends[2];
	char bytes[8];

	connected_pair(ends);
	MUST((int)send(ends[1], "12345678", 8, 0));
	see("recv", recv(ends[0], bytes, 8, 0));
	see("more", recv(ends[0], bytes, 8, MSG_DONTWAIT));
	see("send", send(ends[0], "1", 1, MSG_NOSIGNAL));
	close(ends[0]);
	close(ends[1]);
}

/* The connection breaks while nobody looks. */
static void asking(bool shuts)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int ends[2];
	char bytes[8];

	connected_pair(ends);
	if (shuts)
		see("shutdown", shutdown(ends[0], SHUT_WR));
	else
		see("getpeername", getpeername(ends[0], (struct sockaddr *)&at, &len));
	see("recv", recv(ends[0], bytes, 8, MSG_DONTWAIT));
	see("more", recv(ends[0], bytes, 8, MSG_DONTWAIT));
	see("send", send(ends[0], "1", 1, MSG_NOSIGNAL));
	len = sizeof at;
	see("again", getpeername(ends[0], (struct sockaddr *)&at, &len));
	see("other end", recv(ends[1], bytes, 8, MSG_DONTWAIT));
	close(ends[0]);
	close(ends[1]);
}

/* A Unix socket has its peer's name even when the peer is gone, and a listener has no peer. */
static void asking_in_vain(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct sockaddr_in in;
	socklen_t len = sizeof at;
	int unix_listener = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), listener = listens(&in);

	snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "fault_effects-%d", getpid());
	MUST(bind(unix_listener, (struct sockaddr *)&at, sizeof at));
	MUST(listen(unix_listener, 1));
	/* Another process, so that it is no pair of its own. */
	if (MUST(fork()) == 0) {
		int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
		MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
		MUST(getpeername(fd, (struct sockaddr *)&at, &len));
		MUST(shutdown(fd, SHUT_WR));
		_exit(0);
	}
	MUST(wait(NULL));
	MUST(shutdown(listener, SHUT_RD));
	close(listener);
	close(unix_listener);
}

/* Nobody else has an end of it. */
static void own_pair(void)
{
	int ends[2];
	char byte;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	see("send", send(ends[0], "1", 1, 0));
	see("recv", recv(ends[1], &byte, 1, 0));
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	const char *which = argc > 1 ? argv[1] : "";

	if (!strcmp(which, "connect"))
		connecting(0);
	else if (!strcmp(which, "connect-later"))
		connecting(SOCK_NONBLOCK);
	else if (!strcmp(which, "accept"))
		accepting();
	else if (!strcmp(which, "close"))
		closing();
	else if (!strcmp(which, "send"))
		sending();
	else if (!strcmp(which, "recv"))
		receiving();
	else if (!strcmp(which, "ask") || !strcmp(which, "shut"))
		asking(!strcmp(which, "shut"));
	else if (!strcmp(which, "in-vain"))
		asking_in_vain();
	else if (!strcmp(which, "own-pair"))
		own_pair();
	return 0;
}

/* Workers that have what their parent closed, and use it: each makes one call on it, of many kinds, and waits. A child that hands it
 * on to its own; a parent that ends the stream before it closes; one that leaves at once.
 * Expect: silent
 * Options: --limit=held-by-child=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static struct sockaddr_in at;

static void polls(int fd) { EXPECT(poll((struct pollfd[]){{.fd = -1}, {.fd = fd, .events = POLLIN}}, 2, 0) >= 0); }

static void selects(int fd)
{
	fd_set in;
	struct timeval now = {0};

	FD_ZERO(&in);
	FD_SET(fd, &in);
	EXPECT(select(fd + 1, &in, NULL, NULL, &now) >= 0);
}

static void watches(int fd)
{
	int epoll = MUST(epoll_create1(EPOLL_CLOEXEC));

	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}));
	close(epoll);
}

static void accepts(int fd)
{
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT(accept(fd, NULL, NULL) == -1 && errno == EAGAIN);
}

static void asks(int fd)
{
	int value;
	socklen_t size = sizeof value;

	MUST(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &size));
}

static void duplicates(int fd) { close(MUST(dup(fd))); }

/* Its own child uses it. */
static void hands_on(int fd)
{
	pid_t worker = MUST(fork());

	if (worker == 0) {
		polls(fd);
		_exit(0);
	}
	wait_for(worker);
}

/* The parent, a daemon's, closes and leaves. */
static void leaves(int fd)
{
	pid_t daemon = MUST(fork());

	if (daemon)
		_exit(0);
	usleep(150000);
	close(fd);
	_exit(0);
}

static void (*const uses[])(int fd) = {polls, selects, watches, accepts, asks, duplicates, hands_on, leaves};

/* Ended before it was closed: the child is in nobody's way. */
static void ended(void)
{
	int ends[2];

	connection(ends);
	pid_t child = MUST(fork());
	if (child == 0) {
		close(ends[1]);
		usleep(150000);
		_exit(0);
	}
	MUST(shutdown(ends[0], SHUT_WR));
	close(ends[0]);
	wait_for(child);
	close(ends[1]);
}

int main(void)
{
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
		int fd = listener(&at);
		pid_t child = MUST(fork());

		if (child == 0) {
			uses[i](fd);
			usleep(150000);
			_exit(0);
		}
		close(fd);
		wait_for(child);
	}
	ended();
	return 0;
}

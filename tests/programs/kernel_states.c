/* Sockets on their ways through all states. After each call the kernel is asked what it thinks of the socket, and the answer shown
 * on standard output: "T LINE PID FD STATE", with ": STATE WHY" where the shim cannot know yet, or never, and must think something else.
 * Silent without arguments; `kernel_states scenes` plays them all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

static int diag = -1; /* to ask which sides of a Unix socket are shut down */
static int family;    /* of the scenes that are played for both */

/* -- what the kernel says --------------------------------------------------------------------------------------- */

static bool has_peer(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;

	return getpeername(fd, (struct sockaddr *)&name, &len) == 0;
}

static bool has_address(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;

	MUST(getsockname(fd, (struct sockaddr *)&name, &len));
	return len > sizeof name.ss_family;
}

/* getsockname() goes on naming an address that a connection had before it ended. A bind to what another socket has tells: it is
 * refused as long as the socket has an address, and for the other one's sake else. */
static bool is_bound(int fd, int domain, int type)
{
	static struct {
		int fd;
		struct sockaddr_storage at;
	} others[2][2];
	bool six = domain == AF_INET6, datagram = type == SOCK_DGRAM;
	struct sockaddr_storage *at = &others[six][datagram].at;
	socklen_t size = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (at->ss_family == AF_UNSPEC) {
		int other = MUST(socket(domain, type | SOCK_CLOEXEC, 0));

		others[six][datagram].fd = other;
		at->ss_family = (sa_family_t)domain;
		MUST(bind(other, (struct sockaddr *)at, size));
		MUST(getsockname(other, (struct sockaddr *)at, &size));
	}
	EXPECT(bind(fd, (struct sockaddr *)at, size) == -1 && (errno == EINVAL || errno == EADDRINUSE));
	return errno == EINVAL;
}

static const char *unconnected(int fd, int domain, int type)
{
	return (domain == AF_UNIX ? has_address(fd) : is_bound(fd, domain, type)) ? "BOUND" : "CLOSED";
}

/* 1: reading, 2: writing is shut down; -1: the kernel does not tell. */
static int shut_sides(int fd)
{
	struct stat file;
	char answer[512];

	MUST(fstat(fd, &file));
	struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} question = {
		{sizeof question, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0},
		{AF_UNIX, 0, 0, ~0u, (unsigned)file.st_ino, 1u << UNIX_DIAG_SHUTDOWN, {~0u, ~0u}},
	};
	if (diag < 0 || send(diag, &question, sizeof question, 0) < 0)
		return -1;
	ssize_t n = recv(diag, answer, sizeof answer, 0);
	const struct nlmsghdr *header = (void *)answer;
	if (n < (ssize_t)NLMSG_SPACE(sizeof(struct unix_diag_msg)) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -1;
	for (char *at = (char *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(struct unix_diag_msg)); at + 4 < answer + n;) {
		const struct nlattr *attribute = (void *)at;

		if (attribute->nla_type == UNIX_DIAG_SHUTDOWN)
			return at[NLA_HDRLEN];
		at += NLA_ALIGN(attribute->nla_len);
	}
	return -1;
}

static const char *state(int fd)
{
	static const char *const tcp[] = {[TCP_ESTABLISHED] = "ESTABLISHED",
					  [TCP_SYN_SENT] = "CONNECTING",
					  [TCP_SYN_RECV] = "CONNECTING",
					  [TCP_FIN_WAIT1] = "FIN_WAIT",
					  [TCP_FIN_WAIT2] = "FIN_WAIT",
					  [TCP_TIME_WAIT] = "CLOSING",
					  [TCP_CLOSE] = NULL,
					  [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
					  [TCP_LAST_ACK] = "CLOSING",
					  [TCP_LISTEN] = "LISTENING",
					  [TCP_CLOSING] = "CLOSING"};
	static const char *const sides[] = {"ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT", "CLOSING"};
	int domain, type, listens;
	struct tcp_info info;
	socklen_t size = sizeof domain;

	MUST(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size));
	MUST(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size));
	MUST(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size));
	if (domain != AF_UNIX && type == SOCK_STREAM) {
		size = sizeof info;
		MUST(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
		EXPECT(listens == (info.tcpi_state == TCP_LISTEN));
		return tcp[info.tcpi_state] ? tcp[info.tcpi_state] : unconnected(fd, domain, type);
	}
	if (listens)
		return "LISTENING";
	if (!has_peer(fd))
		return unconnected(fd, domain, type);
	int shut = type == SOCK_DGRAM ? 0 : shut_sides(fd);
	return shut < 0 ? "?" : sides[shut];
}

static void tell_at(int line_of_program, int fd, const char *believed, const char *why)
{
	struct timespec now;
	char line[256];

	clock_gettime(CLOCK_MONOTONIC, &now);
	int n = snprintf(line, sizeof line, "%lld%09ld %d %d %d %s%s%s%s%s\n", (long long)now.tv_sec, now.tv_nsec,
			 line_of_program, (int)getpid(), fd, state(fd), believed ? ": " : "", believed ? believed : "",
			 why ? " " : "", why ? why : "");
	EXPECT(write(1, line, (size_t)n) == n);
}

#define tell(fd, believed, why) tell_at(__LINE__, fd, believed, why)
#define same(fd) tell(fd, NULL, NULL)

/* The shim thinks something else, and why. */
#define not_told(fd, believed) tell(fd, believed, "what came from the peer was not asked for")
#define shared(fd, believed) tell(fd, believed, "another process has done it")
#define over(fd) tell(fd, "CLOSING", "both ends went, and the kernel is done with it")
/* A Unix socket is for ever what it was. */
#define dead(fd)                                                                                   \
	do {                                                                                       \
		if (family == AF_UNIX)                                                             \
			tell(fd, "CLOSED", "a Unix socket keeps the name of a peer that is gone"); \
		else                                                                               \
			same(fd);                                                                  \
	} while (0)

/* -- what the scenes share -------------------------------------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static socklen_t size_of(int domain)
{
	return domain == AF_INET ? sizeof(struct sockaddr_in) : domain == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

static int fresh(int type)
{
	int fd = MUST(socket(family, type | SOCK_CLOEXEC, 0));

	same(fd);
	return fd;
}

static void bind_it(int fd, union address *at)
{
	socklen_t size = sizeof *at;

	memset(at, 0, sizeof *at);
	at->any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		at->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (family == AF_INET6)
		at->in6.sin6_addr = in6addr_loopback;
	MUST(bind(fd, &at->any, family == AF_UNIX ? sizeof at->any.sa_family : size_of(family)));
	same(fd);
	MUST(getsockname(fd, &at->any, &size));
}

/* To a port that the program names, which outlives connections: one that the kernel has just chosen for somebody else. */
static void bind_to_port(int fd, union address *at)
{
	int other = MUST(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	socklen_t size = sizeof *at;

	memset(at, 0, sizeof *at);
	at->any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		at->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		at->in6.sin6_addr = in6addr_loopback;
	MUST(bind(other, &at->any, size_of(family)));
	MUST(getsockname(other, &at->any, &size));
	close(other);
	MUST(bind(fd, &at->any, size_of(family)));
	same(fd);
}

static int connect_to(int fd, const union address *at)
{
	socklen_t size = family == AF_UNIX ? offsetof(struct sockaddr_un, sun_path) + 6 : size_of(family);

	return connect(fd, &at->any, size); /* the kernel names Unix sockets with five hexadecimal digits */
}

static int listening(union address *at)
{
	int fd = fresh(SOCK_STREAM);

	bind_it(fd, at);
	MUST(listen(fd, 8));
	same(fd);
	return fd;
}

static int refusing(union address *at)
{
	int fd = fresh(SOCK_STREAM);

	bind_it(fd, at);
	return fd;
}

static void connected(int ends[2])
{
	union address at;
	int server = listening(&at);

	ends[0] = fresh(SOCK_STREAM);
	MUST(connect_to(ends[0], &at));
	same(ends[0]);
	ends[1] = MUST(accept4(server, NULL, NULL, SOCK_CLOEXEC));
	same(ends[1]);
	same(server);
	close(server);
}

static void wait_until(int fd, short events)
{
	struct pollfd wait = {.fd = fd, .events = events};

	EXPECT(poll(&wait, 1, 60000) == 1);
}

static void close_both(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* Reads the end of the stream. */
static void read_end(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
}

static void disconnect(int fd)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	MUST(connect(fd, &nobody, sizeof nobody));
}

/* Closes with a reset. */
static void reset(int fd)
{
	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger)));
	close(fd);
}

/* -- TCP and Unix streams ----------------------------------------------------------------------------------------- */

static void play_life(void)
{
	int ends[2];
	char bytes[3];

	connected(ends);
	EXPECT(send(ends[0], "abc", 3, 0) == 3);
	same(ends[0]);
	EXPECT(recv(ends[1], bytes, 3, MSG_WAITALL) == 3);
	same(ends[1]);
	close_both(ends);
}

static void play_half_close(void)
{
	int ends[2];

	connected(ends);
	MUST(shutdown(ends[0], SHUT_WR));
	same(ends[0]);
	wait_until(ends[1], POLLRDHUP);
	not_told(ends[1], "ESTABLISHED");
	read_end(ends[1]);
	same(ends[1]);
	EXPECT(send(ends[1], "a", 1, 0) == 1);
	same(ends[1]);
	take(ends[0], 1);
	same(ends[0]);
	MUST(shutdown(ends[1], SHUT_WR));
	wait_until(ends[0], POLLRDHUP);
	family == AF_UNIX ? same(ends[1]) : over(ends[1]);
	not_told(ends[0], "FIN_WAIT");
	read_end(ends[0]);
	family == AF_UNIX ? same(ends[0]) : over(ends[0]);
	close_both(ends);
}

static void play_shut_down_both(void)
{
	int ends[2];

	connected(ends);
	MUST(shutdown(ends[0], SHUT_RDWR));
	if (family == AF_UNIX)
		tell(ends[0], "FIN_WAIT", "the peer has not gone");
	else
		same(ends[0]);
	wait_until(ends[1], POLLRDHUP);
	read_end(ends[1]);
	if (family == AF_UNIX)
		tell(ends[1], "CLOSE_WAIT", "a Unix socket that shuts down reading stops its peer's writing");
	else
		same(ends[1]);
	close_both(ends);
}

static void play_shut_down_reading(void)
{
	int ends[2];

	connected(ends);
	MUST(shutdown(ends[0], SHUT_RD));
	if (family == AF_UNIX)
		tell(ends[0], "ESTABLISHED", "the peer has not gone");
	else
		same(ends[0]);
	read_end(ends[0]);
	if (family == AF_UNIX)
		tell(ends[0], "ESTABLISHED", "the peer has not gone");
	else
		same(ends[0]);
	close_both(ends);
}

static void play_peer_gone(void)
{
	int ends[2];

	connected(ends);
	close(ends[1]);
	wait_until(ends[0], POLLRDHUP);
	not_told(ends[0], "ESTABLISHED");
	read_end(ends[0]);
	if (family == AF_UNIX)
		tell(ends[0], "CLOSE_WAIT", "a Unix peer that is gone takes both directions along");
	else
		same(ends[0]);
	if (family != AF_UNIX) {
		EXPECT(send(ends[0], "a", 1, MSG_NOSIGNAL) == 1);
		wait_until(ends[0], POLLHUP);
		not_told(ends[0], "CLOSE_WAIT");
	}
	EXPECT(send(ends[0], "a", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	dead(ends[0]);
	close(ends[0]);
}

/* The end is seen without being taken. */
static void play_peeked_end(void)
{
	int ends[2];
	char byte;

	connected(ends);
	MUST(shutdown(ends[1], SHUT_WR));
	EXPECT(recv(ends[0], &byte, 1, MSG_PEEK) == 0);
	same(ends[0]);
	close_both(ends);
}

static void play_listener(void)
{
	union address at;
	int fd = listening(&at);

	MUST(listen(fd, 3));
	same(fd);
	EXPECT(connect_to(fd, &at) == -1);
	same(fd);
	MUST(shutdown(fd, SHUT_WR));
	same(fd);
	MUST(shutdown(fd, SHUT_RDWR));
	same(fd);
	if (family != AF_UNIX) {
		MUST(listen(fd, 8));
		same(fd);
		MUST(shutdown(fd, SHUT_RD));
		same(fd);
	}
	close(fd);
}

/* What the kernel refuses changes nothing. */
static void play_refused_calls(void)
{
	union address at, other;
	int fd = refusing(&at), ends[2], server = listening(&other);

	EXPECT(bind(fd, &other.any, sizeof other) == -1);
	same(fd);
	EXPECT(accept(fd, NULL, NULL) == -1);
	same(fd);
	EXPECT(send(fd, "a", 1, MSG_NOSIGNAL) == -1);
	same(fd);
	EXPECT(shutdown(fd, SHUT_WR) == (family == AF_UNIX ? 0 : -1)); /* unix(7) lets it pass */
	same(fd);
	close(fd);
	connected(ends);
	EXPECT(connect_to(ends[0], &other) == -1);
	same(ends[0]);
	EXPECT(listen(ends[0], 1) == -1);
	same(ends[0]);
	EXPECT(accept(ends[0], NULL, NULL) == -1);
	same(ends[0]);
	close_both(ends);
	close(server);
}

static void play_failed_connect(void)
{
	union address nobody, at, own;
	int taken = refusing(&nobody), server = listening(&at);

	for (int bound_first = 0; bound_first < 2; bound_first++) {
		int fd = fresh(SOCK_STREAM);

		if (bound_first)
			bind_it(fd, &own);
		EXPECT(connect_to(fd, &nobody) == -1 && errno == ECONNREFUSED);
		same(fd);
		MUST(connect_to(fd, &at));
		same(fd);
		close(MUST(accept(server, NULL, NULL)));
		close(fd);
	}
	close(taken);
	close(server);
}

/* A listener goes with a connection in its queue. */
static void play_listener_gone(void)
{
	union address at;
	int server = listening(&at), fd = fresh(SOCK_STREAM);
	char byte;

	MUST(connect_to(fd, &at));
	same(fd);
	close(server);
	wait_until(fd, POLLRDHUP | POLLHUP);
	not_told(fd, "ESTABLISHED");
	EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
	dead(fd);
	close(fd);
}

/* -- TCP alone ---------------------------------------------------------------------------------------------------- */

static void play_unbound_listener(void)
{
	int fd = fresh(SOCK_STREAM);

	MUST(listen(fd, 8));
	same(fd);
	MUST(shutdown(fd, SHUT_RD));
	same(fd);
	close(fd);
}

static void by_recv(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
}

static void by_send(int fd) { EXPECT(send(fd, "a", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET); }

static void by_so_error(int fd)
{
	int error;
	socklen_t size = sizeof error;

	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
	EXPECT(error == ECONNRESET);
}

static void play_reset(void)
{
	static void (*const seen[])(int) = {by_recv, by_send, by_so_error};
	int ends[2];

	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
		connected(ends);
		reset(ends[1]);
		wait_until(ends[0], POLLHUP);
		not_told(ends[0], "ESTABLISHED");
		seen[i](ends[0]);
		dead(ends[0]);
		disconnect(ends[0]);
		same(ends[0]);
		close(ends[0]);
	}
}

/* A reset that comes after the end was read. */
static void play_reset_after_end(void)
{
	int ends[2], error;
	socklen_t size = sizeof error;

	connected(ends);
	close(ends[1]);
	read_end(ends[0]);
	same(ends[0]);
	EXPECT(send(ends[0], "a", 1, MSG_NOSIGNAL) == 1);
	wait_until(ends[0], POLLHUP);
	MUST(getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &error, &size));
	EXPECT(error == EPIPE);
	dead(ends[0]);
	close(ends[0]);
}

static void play_disconnect(void)
{
	union address at, own;
	int ends[2], fd;

	connected(ends);
	disconnect(ends[0]);
	same(ends[0]);
	disconnect(ends[1]);
	same(ends[1]);
	close_both(ends);

	connected(ends);
	MUST(shutdown(ends[0], SHUT_WR));
	disconnect(ends[0]);
	same(ends[0]);
	MUST(listen(ends[0], 1));
	same(ends[0]);
	close_both(ends);

	fd = fresh(SOCK_STREAM);
	bind_it(fd, &own);
	int server = listening(&at);
	MUST(connect_to(fd, &at));
	same(fd);
	disconnect(fd);
	same(fd);
	disconnect(server);
	same(server);
	close(fd);
	close(server);
}

/* A port that was asked for stays. */
static void play_named_port(void)
{
	union address at, nobody, own;
	int server = fresh(SOCK_STREAM), taken = refusing(&nobody), fd = fresh(SOCK_STREAM);

	bind_to_port(server, &at);
	MUST(listen(server, 8));
	same(server);
	bind_to_port(fd, &own);
	EXPECT(connect_to(fd, &nobody) == -1 && errno == ECONNREFUSED);
	same(fd);
	MUST(connect_to(fd, &at));
	same(fd);
	disconnect(fd);
	same(fd);
	MUST(shutdown(server, SHUT_RDWR));
	same(server);
	close(fd);
	close(taken);
	close(server);

	fd = fresh(SOCK_DGRAM);
	bind_to_port(fd, &own);
	MUST(connect_to(fd, &own));
	same(fd);
	disconnect(fd);
	same(fd);
	close(fd);
}

/* A connection to oneself, by two SYNs that cross. */
static void play_itself(void)
{
	union address at;
	int fd = refusing(&at);

	MUST(connect_to(fd, &at));
	same(fd);
	close(fd);
}

/* -- connects that take their time -------------------------------------------------------------------------------- */

static int nonblocking(const union address *at)
{
	int fd = fresh(SOCK_STREAM | SOCK_NONBLOCK);

	EXPECT(connect_to(fd, at) == -1 && errno == EINPROGRESS);
	return fd;
}

static void asks_so_error(int fd, const union address *at)
{
	int error;
	socklen_t size = sizeof error;

	(void)at;
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
}

static void connects_again(int fd, const union address *at)
{
	EXPECT(connect_to(fd, at) == 0 || errno == EISCONN || errno == ECONNREFUSED);
}

static void sends(int fd, const union address *at)
{
	(void)at;
	EXPECT(send(fd, "a", 1, MSG_NOSIGNAL) == 1 || errno == ECONNREFUSED);
}

static void receives(int fd, const union address *at)
{
	char byte;

	(void)at;
	EXPECT(recv(fd, &byte, 1, 0) == 1 || errno == ECONNREFUSED);
}

static void reads(int fd, const union address *at)
{
	char byte;

	(void)at;
	EXPECT(read(fd, &byte, 1) == 1 || errno == ECONNREFUSED);
}

static void asks_peer(int fd, const union address *at)
{
	(void)at;
	EXPECT(has_peer(fd));
}

static void play_connect_completed(void)
{
	static void (*const ways[])(int, const union address *) = {asks_so_error, connects_again, sends,
								   receives,	  reads,	  asks_peer};
	union address at;
	int server = listening(&at);

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		int fd = nonblocking(&at), peer = MUST(accept(server, NULL, NULL));

		wait_until(fd, POLLOUT);
		EXPECT(send(peer, "a", 1, 0) == 1);
		wait_until(fd, POLLIN);
		ways[i](fd, &at);
		same(fd);
		close(fd);
		reset(peer);
	}
	close(server);
}

static void play_connect_refused(void)
{
	static void (*const ways[])(int, const union address *) = {asks_so_error, connects_again, sends, receives,
								   reads};
	union address nobody, at;
	int taken = refusing(&nobody), server = listening(&at);

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		int fd = nonblocking(&nobody);

		wait_until(fd, POLLHUP);
		not_told(fd, "CONNECTING");
		ways[i](fd, &nobody);
		same(fd);
		/* Linux says once more that the first try was in vain, but for who has asked by connect itself. */
		if (ways[i] != connects_again) {
			EXPECT(connect_to(fd, &at) == -1 && errno == ECONNABORTED);
			same(fd);
		}
		EXPECT(connect_to(fd, &at) == -1 && errno == EINPROGRESS);
		close(MUST(accept(server, NULL, NULL)));
		wait_until(fd, POLLOUT);
		asks_so_error(fd, &at);
		not_told(fd, "ESTABLISHED");
		close(fd);
	}
	close(taken);
	close(server);
}

static void nothing(int signal) { (void)signal; }

/* A listener whose queue is full answers nobody. */
static void play_connect_pending(void)
{
	union address at;
	int server = fresh(SOCK_STREAM), first = fresh(SOCK_STREAM), error;
	struct timeval soon = {.tv_usec = 1000};

	bind_it(server, &at);
	MUST(listen(server, 0));
	MUST(connect_to(first, &at));

	int fd = nonblocking(&at);
	same(fd);
	EXPECT(connect_to(fd, &at) == -1 && errno == EALREADY);
	same(fd);
	socklen_t size = sizeof error;
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
	EXPECT(error == 0);
	same(fd);
	EXPECT(send(fd, "a", 1, 0) == -1 && errno == EAGAIN);
	same(fd);
	disconnect(fd);
	same(fd);
	close(fd);

	fd = fresh(SOCK_STREAM);
	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon));
	EXPECT(connect_to(fd, &at) == -1 && errno == EINPROGRESS);
	same(fd);
	close(fd);

	fd = fresh(SOCK_STREAM);
	struct sigaction action = {.sa_handler = nothing};
	MUST(sigaction(SIGALRM, &action, NULL));
	/* Again and again, lest it comes before the call. */
	MUST(setitimer(ITIMER_REAL, &(struct itimerval){{0, 10000}, {0, 10000}}, NULL));
	EXPECT(connect_to(fd, &at) == -1 && errno == EINTR);
	MUST(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL));
	same(fd);
	MUST(shutdown(fd, SHUT_RDWR));
	same(fd);
	close(fd);
	close(first);
	close(server);
}

static void play_fast_open(void)
{
	union address at, nobody;
	int server = listening(&at), taken = refusing(&nobody);

	int fd = fresh(SOCK_STREAM);
	EXPECT(sendto(fd, "a", 1, MSG_FASTOPEN, &at.any, size_of(family)) == 1);
	same(fd);
	int peer = MUST(accept(server, NULL, NULL));
	take(peer, 1);
	same(peer);
	close(peer);
	close(fd);

	fd = fresh(SOCK_STREAM | SOCK_NONBLOCK);
	EXPECT(sendto(fd, "a", 1, MSG_FASTOPEN, &at.any, size_of(family)) == -1 && errno == EINPROGRESS);
	peer = MUST(accept(server, NULL, NULL));
	wait_until(fd, POLLOUT);
	not_told(fd, "CONNECTING");
	EXPECT(send(fd, "a", 1, 0) == 1);
	same(fd);
	take(peer, 1);
	close(peer);
	close(fd);

	fd = fresh(SOCK_STREAM);
	EXPECT(sendto(fd, "a", 1, MSG_FASTOPEN, &nobody.any, size_of(family)) == -1 && errno == ECONNREFUSED);
	dead(fd);
	close(fd);
	close(server);
	close(taken);
}

/* -- datagrams ---------------------------------------------------------------------------------------------------- */

static void play_datagrams(void)
{
	union address at, own;
	int server = fresh(SOCK_DGRAM), fd;

	bind_it(server, &at);

	fd = fresh(SOCK_DGRAM);
	MUST(connect_to(fd, &at));
	same(fd);
	EXPECT(send(fd, "a", 1, 0) == 1);
	same(fd);
	disconnect(fd);
	same(fd);
	close(fd);

	fd = fresh(SOCK_DGRAM);
	bind_it(fd, &own);
	MUST(connect_to(fd, &at));
	same(fd);
	MUST(connect_to(fd, &at));
	same(fd);
	disconnect(fd);
	same(fd);
	close(fd);
	close(server);
}

static void play_udp(void)
{
	union address at;
	int server = fresh(SOCK_DGRAM), fd = fresh(SOCK_DGRAM);
	char byte;

	bind_it(server, &at);
	EXPECT(sendto(fd, "a", 1, 0, &at.any, size_of(family)) == 1); /* the kernel chooses a port */
	same(fd);
	MUST(connect_to(fd, &at));
	same(fd);
	MUST(shutdown(fd, SHUT_WR));
	same(fd);
	disconnect(fd);
	same(fd);
	EXPECT(shutdown(fd, SHUT_RDWR) == -1 && errno == ENOTCONN);
	same(fd);
	close(fd);

	fd = fresh(SOCK_DGRAM);
	EXPECT(send(fd, "a", 1, 0) == -1 && errno == EDESTADDRREQ);
	same(fd);
	close(fd);

	fd = fresh(SOCK_DGRAM);
	MUST(connect_to(fd, &at));
	close(server);
	EXPECT(send(fd, "a", 1, 0) == 1);
	EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ECONNREFUSED);
	same(fd);
	close(fd);
}

/* -- Unix sockets ------------------------------------------------------------------------------------------------- */

static void play_unix_datagram_peer_gone(void)
{
	union address at;
	int server = fresh(SOCK_DGRAM), fd = fresh(SOCK_DGRAM);

	bind_it(server, &at);
	MUST(connect_to(fd, &at));
	same(fd);
	close(server);
	same(fd);
	EXPECT(send(fd, "a", 1, 0) == -1 && errno == ECONNREFUSED);
	same(fd);
	EXPECT(send(fd, "a", 1, 0) == -1 && errno == ENOTCONN);
	same(fd);
	close(fd);
}

static void play_unix_reset(void)
{
	int ends[2];
	char byte;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	same(ends[0]);
	same(ends[1]);
	EXPECT(send(ends[0], "a", 1, 0) == 1);
	close(ends[1]); /* with a byte unread */
	EXPECT(recv(ends[0], &byte, 1, 0) == -1 && errno == ECONNRESET);
	dead(ends[0]);
	close(ends[0]);
}

/* A message may be empty, and is no end of the stream then. */
static void play_packets(void)
{
	int ends[2];
	char byte;

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	same(ends[0]);
	EXPECT(send(ends[1], "", 0, 0) == 0);
	EXPECT(recv(ends[0], &byte, 1, 0) == 0);
	same(ends[0]);
	MUST(shutdown(ends[1], SHUT_WR));
	same(ends[1]);
	read_end(ends[0]);
	same(ends[0]);
	MUST(shutdown(ends[0], SHUT_WR));
	same(ends[0]);
	read_end(ends[1]);
	same(ends[1]);
	close_both(ends);
}

static void play_datagram_pair(void)
{
	int ends[2];
	char byte;

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	EXPECT(send(ends[1], "", 0, 0) == 0);
	EXPECT(recv(ends[0], &byte, 1, 0) == 0);
	same(ends[0]);
	close(ends[1]);
	EXPECT(send(ends[0], "a", 1, 0) == -1 && errno == ECONNREFUSED);
	same(ends[0]);
	close(ends[0]);
}

/* -- more than one descriptor, more than one process ------------------------------------------------------------ */

enum { CAST = 9 };

/* A socket in each state. */
static void cast(int fds[CAST])
{
	union address at;
	int ends[2];

	fds[0] = fresh(SOCK_STREAM);
	fds[1] = refusing(&at);
	fds[2] = listening(&at);
	connected(&fds[3]); /* 3 and 4 */
	connected(ends);
	close(ends[1]);
	read_end(ends[0]);
	fds[5] = ends[0];
	connected(&fds[6]); /* 6 and 7 */
	MUST(shutdown(fds[6], SHUT_WR));
	fds[8] = fresh(SOCK_DGRAM);
	bind_it(fds[8], &at);
}

static void tell_cast(const int fds[CAST], bool all_known)
{
	for (int i = 0; i < CAST; i++)
		if (family == AF_UNIX && i == 5)
			tell(fds[i], "CLOSE_WAIT", "a Unix peer that is gone takes both directions along");
		else if (i == 7)
			all_known ? not_told(fds[i], "ESTABLISHED") : same(fds[i]);
		else if (family == AF_UNIX && i == 6 && !all_known)
			tell(fds[i], "ESTABLISHED", "which side was shut down is not told with a Unix socket");
		else
			same(fds[i]);
}

static void close_cast(const int fds[CAST])
{
	for (int i = 0; i < CAST; i++)
		close(fds[i]);
}

static void play_duplicates(void)
{
	int ends[2];

	connected(ends);
	int copy = MUST(dup(ends[0]));
	same(copy);
	MUST(shutdown(copy, SHUT_WR));
	same(ends[0]);
	close(ends[0]);
	same(copy);
	MUST(dup2(ends[1], ends[0]));
	wait_until(ends[0], POLLRDHUP);
	read_end(ends[0]);
	same(ends[1]);
	close(copy);
	close_both(ends);
}

static void play_fork(void)
{
	int fds[CAST], go[2];
	char byte;

	cast(fds);
	MUST(pipe(go));
	pid_t child = MUST(fork());
	if (child == 0) {
		tell_cast(fds, true);
		MUST(shutdown(fds[3], SHUT_WR));
		same(fds[3]);
		EXPECT(write(go[1], "", 1) == 1);
		exit(0);
	}
	EXPECT(read(go[0], &byte, 1) == 1);
	shared(fds[3], "ESTABLISHED");
	wait_for(child);
	close_both(go);
	close_cast(fds);
}

static void play_exec(void)
{
	int fds[CAST];
	char text[CAST][16], number[16], *arguments[CAST + 4] = {"kernel_states", "inherited", number};

	cast(fds);
	pid_t child = MUST(fork());
	if (child == 0) {
		snprintf(number, sizeof number, "%d", family);
		for (int i = 0; i < CAST; i++) {
			MUST(fcntl(fds[i], F_SETFD, 0));
			snprintf(text[i], sizeof text[i], "%d", fds[i]);
			arguments[3 + i] = text[i];
		}
		MUST(execv("/proc/self/exe", arguments));
	}
	wait_for(child);
	close_cast(fds);
}

static void play_rights(void)
{
	int fds[CAST], got[CAST], over_it[2];

	cast(fds);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, over_it));
	for (int i = 0; i < CAST; i++) {
		pass(over_it[0], fds[i]);
		got[i] = receive(over_it[1]);
	}
	tell_cast(got, false);
	MUST(shutdown(got[4], SHUT_WR));
	same(got[4]);
	close_cast(got);
	close_cast(fds);
	close_both(over_it);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static void play(void (*const scenes[])(void), int of)
{
	family = of;
	for (int i = 0; scenes[i]; i++)
		scenes[i]();
}

int main(int argc, char **argv)
{
	static void (*const streams[])(
		void) = {play_life,	      play_half_close,	  play_shut_down_both, play_shut_down_reading,
			 play_peer_gone,      play_peeked_end,	  play_listener,       play_refused_calls,
			 play_failed_connect, play_listener_gone, play_duplicates,     play_fork,
			 play_exec,	      play_rights,	  play_datagrams,      NULL};
	static void (*const inet[])(void) = {play_unbound_listener,
					     play_reset,
					     play_reset_after_end,
					     play_disconnect,
					     play_named_port,
					     play_itself,
					     play_connect_completed,
					     play_connect_refused,
					     play_connect_pending,
					     play_fast_open,
					     play_udp,
					     NULL};
	static void (*const local[])(void) = {play_unix_datagram_peer_gone, play_unix_reset, play_packets,
					      play_datagram_pair, NULL};
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

	if (argc < 2)
		return 0;
	diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (strcmp(argv[1], "inherited") == 0) {
		int fds[CAST];

		family = atoi(argv[2]);
		for (int i = 0; i < CAST; i++)
			fds[i] = atoi(argv[3 + i]);
		tell_cast(fds, false);
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		play(streams, families[i]);
		play(families[i] == AF_UNIX ? local : inet, families[i]);
	}
	close(diag);
	return 0;
}

/* One hooked function, called by its own name: `hook_calls CASE [ARG...]`. What it did goes to standard output as key=value lines.
 * A call that succeeds must leave errno as it was. tests/hooks compares with the trace.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>

#include <limits.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

/* What fortified programs call; no header declares them without _FORTIFY_SOURCE. */
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);

extern char **environ;
static char **args; /* after the case's name */
static char self[PATH_MAX];

/* A call that succeeds and leaves errno alone. */
#define KEEP(call)                                                                                    \
	({                                                                                            \
		errno = 12345;                                                                        \
		__auto_type kept_ = (call);                                                           \
		if (errno != 12345) {                                                                 \
			fprintf(stderr, "%s set errno to %d, expected it untouched\n", #call, errno); \
			_exit(97);                                                                    \
		}                                                                                     \
		kept_;                                                                                \
	})
#define GOOD(call) KEEP(MUST(call))

/* A call that fails so. */
#define FAILS(call, error)                                                                                          \
	do {                                                                                                        \
		errno = 0;                                                                                          \
		long failed_ = (long)(call);                                                                        \
		if (failed_ != -1 || errno != (error)) {                                                            \
			fprintf(stderr, "%s gave %ld, errno %d, expected -1, %s\n", #call, failed_, errno, #error); \
			_exit(96);                                                                                  \
		}                                                                                                   \
	} while (0)

static void tell(const char *key, long value)
{
	int saved = errno;
	dprintf(1, "%s=%ld\n", key, value);
	errno = saved;
}

static int stream(void) { return MUST(socket(AF_INET, SOCK_STREAM, 0)); }

static void pair_of(int ends[2]) { MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends)); }

/* Making sockets, naming them, connecting, accepting, shutting down, asking. */

static void do_socket(void)
{
	tell("fd", GOOD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	tell("fd6", GOOD(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0)));
	FAILS(socket(9999, SOCK_STREAM, 0), EAFNOSUPPORT);
}

static void do_socketpair(void)
{
	int ends[2];

	GOOD(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	tell("fd", ends[0]);
	tell("other", ends[1]);
	FAILS(socketpair(AF_INET, SOCK_STREAM, 0, ends), EOPNOTSUPP);
}

static void do_bind(void)
{
	struct sockaddr_in at, taken = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int holder = bound(&at), fd = stream(), third = stream();

	GOOD(bind(fd, (struct sockaddr *)&taken, sizeof taken));
	FAILS(bind(fd, (struct sockaddr *)&taken, sizeof taken), EINVAL);
	FAILS(bind(third, (struct sockaddr *)&at, sizeof at), EADDRINUSE);
	tell("fd", fd);
	tell("third", third);
	tell("port", ntohs(at.sin_port));
	MUST(getsockname(fd, (struct sockaddr *)&taken, &(socklen_t){sizeof taken}));
	tell("chosen", ntohs(taken.sin_port));
	close(holder);
}

static void do_listen(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	GOOD(listen(fd, 7));
	tell("fd", fd);
}

static void do_connect(void)
{
	struct sockaddr_in at, nobody;
	int l = listener(&at), silent = bound(&nobody), fd = stream(), refused = stream();

	GOOD(connect(fd, (struct sockaddr *)&at, sizeof at));
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof at), EISCONN);
	FAILS(connect(refused, (struct sockaddr *)&nobody, sizeof nobody), ECONNREFUSED);
	tell("fd", fd);
	tell("refused", refused);
	tell("port", ntohs(at.sin_port));
	close(l);
	close(silent);
}

static void accept_with(bool four)
{
	struct sockaddr_in at, peer;
	socklen_t len = sizeof peer, own = sizeof at;
	int l = listener(&at), c = client(&at), d = client(&at);
	int fd = four ? GOOD(accept4(l, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC))
		      : GOOD(accept(l, (struct sockaddr *)&peer, &len));

	EXPECT(len == sizeof peer);
	MUST(getsockname(c, (struct sockaddr *)&at, &own));
	EXPECT(peer.sin_port == at.sin_port && peer.sin_family == AF_INET);
	tell("fd", fd);
	tell("unasked", four ? GOOD(accept4(l, NULL, NULL, 0)) : GOOD(accept(l, NULL, NULL)));
	tell("listener", l);
	tell("port", ntohs(peer.sin_port));
	MUST(fcntl(l, F_SETFL, O_NONBLOCK));
	if (four)
		FAILS(accept4(l, NULL, NULL, 0), EAGAIN);
	else
		FAILS(accept(l, NULL, NULL), EAGAIN);
	close(d);
}

static void do_accept(void) { accept_with(false); }
static void do_accept4(void) { accept_with(true); }

static void do_shutdown(void)
{
	int ends[2], un = stream();

	connection(ends);
	GOOD(shutdown(ends[0], SHUT_WR));
	GOOD(shutdown(ends[1], SHUT_RDWR));
	FAILS(shutdown(un, SHUT_RDWR), ENOTCONN);
	tell("fd", ends[0]);
	tell("other", ends[1]);
	tell("unconnected", un);
}

static void do_setsockopt(void)
{
	int fd = stream(), on = 1;

	GOOD(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, sizeof on), EFAULT);
	close(fd);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), EBADF);
	tell("fd", fd);
}

static void do_getsockopt(void)
{
	struct sockaddr_in at;
	int l = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), error = -1;
	socklen_t len = sizeof error;

	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1 && errno == EINPROGRESS);
	int served = MUST(accept(l, NULL, NULL)); /* it is established by now */
	GOOD(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	EXPECT(error == 0);
	tell("fd", fd);
	close(served);
	close(l);
	FAILS(getsockopt(l, SOL_SOCKET, SO_ERROR, &error, &len), EBADF);
	tell("closed", l);
}

static void do_getsockname(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int fd = stream();

	GOOD(getsockname(fd, (struct sockaddr *)&at, &len));
	close(fd);
	FAILS(getsockname(fd, (struct sockaddr *)&at, &len), EBADF);
	tell("fd", fd);
}

static void do_getpeername(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int fd = stream();

	FAILS(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	close(fd);
	FAILS(getpeername(fd, (struct sockaddr *)&at, &len), EBADF);
	tell("fd", fd);
}

/* Closing. */

static void do_close(void)
{
	int fd = stream();

	GOOD(close(fd));
	FAILS(close(fd), EBADF);
	tell("fd", fd);
}

static void do_close_range(void)
{
	ask_for_files(304);
	int fd = MUST(fcntl(stream(), F_DUPFD, 300)), ends[2];

	MUST(dup2(stream(), 301));
	pair_of(ends);
	MUST(dup2(ends[0], 303));
	close(ends[0]);
	GOOD(close_range(300, 310, 0));
	FAILS(close_range(310, 300, 0), EINVAL);
	FAILS(close_range(300, 310, 0x1000), EINVAL);
	tell("fd", fd);
	tell("whole", 303);
}

static void do_closefrom(void)
{
	int fd = stream();

	ask_for_files(403);
	MUST(dup2(fd, 400));
	MUST(dup2(fd, 402));
	close(fd);
	errno = 12345;
	closefrom(400);
	EXPECT(errno == 12345);
	tell("first", 400);
	tell("second", 402);
}

static void do_fclose(void)
{
	int ends[2];
	pair_of(ends);
	FILE *f = fdopen(ends[0], "r+");

	tell("fd", ends[0]);
	EXPECT(KEEP(fclose(f)) == 0);
}

static void reopen_with(FILE *(*call)(const char *, const char *, FILE *))
{
	int ends[2];
	pair_of(ends);
	FILE *f = fdopen(ends[0], "r+");

	tell("fd", ends[0]);
	f = call("/dev/null", "r", f);
	EXPECT(f && fgetc(f) == EOF);
	fclose(f);
}

static FILE *by_freopen(const char *path, const char *mode, FILE *f) { return freopen(path, mode, f); }
static FILE *by_freopen64(const char *path, const char *mode, FILE *f) { return freopen64(path, mode, f); }
static void do_freopen(void) { reopen_with(by_freopen); }
static void do_freopen64(void) { reopen_with(by_freopen64); }

/* More numbers for one socket. */

static void do_dup(void)
{
	int fd = stream();

	tell("fd", fd);
	tell("newfd", GOOD(dup(fd)));
}

static void do_dup2(void)
{
	int fd = stream(), over = stream();

	GOOD(dup2(fd, over));
	GOOD(dup2(fd, 77));
	GOOD(dup2(fd, fd));
	FAILS(dup2(fd, -1), EBADF);
	tell("fd", fd);
	tell("over", over);
	tell("newfd", 77);
}

static void do_dup3(void)
{
	int fd = stream(), over = stream();

	GOOD(dup3(fd, over, O_CLOEXEC));
	GOOD(dup3(fd, 77, 0));
	FAILS(dup3(fd, fd, 0), EINVAL);
	tell("fd", fd);
	tell("over", over);
	tell("newfd", 77);
}

static void do_fcntl(void)
{
	int fd = stream();

	tell("fd", fd);
	tell("newfd", GOOD(fcntl(fd, F_DUPFD, 50)));
	tell("cloexec", GOOD(fcntl(fd, F_DUPFD_CLOEXEC, 60)));
	GOOD(fcntl(fd, F_SETFD, FD_CLOEXEC));
	EXPECT(GOOD(fcntl(fd, F_GETFD)) == FD_CLOEXEC);
	GOOD(fcntl(fd, F_SETFL, O_NONBLOCK));
	FAILS(fcntl(fd, F_DUPFD, -1), EINVAL);
}

static void do_fcntl64(void)
{
	int fd = stream();

	tell("fd", fd);
	tell("newfd", GOOD(fcntl64(fd, F_DUPFD, 50)));
	tell("cloexec", GOOD(fcntl64(fd, F_DUPFD_CLOEXEC, 60)));
	EXPECT(GOOD(fcntl64(fd, F_GETFL)) & O_RDWR);
	FAILS(fcntl64(fd, F_DUPFD, -1), EINVAL);
}

static void do_ioctl(void)
{
	int fd = stream(), n;

	GOOD(ioctl(fd, FIOCLEX));
	GOOD(ioctl(fd, FIONBIO, &(int){1}));
	GOOD(ioctl(fd, SIOCATMARK, &n));
	close(fd);
	FAILS(ioctl(fd, FIONREAD, &n), EBADF);
	tell("fd", fd);
}

/* Moving bytes: `in` reads from fd, `out` writes to it; each returns what the call by its name returned. */

static ssize_t in_read(int fd, void *b, size_t n) { return read(fd, b, n); }
static ssize_t in_readv(int fd, void *b, size_t n) { return readv(fd, &(struct iovec){b, n}, 1); }
static ssize_t in_recv(int fd, void *b, size_t n) { return recv(fd, b, n, 0); }
static ssize_t in_recvfrom(int fd, void *b, size_t n) { return recvfrom(fd, b, n, 0, NULL, NULL); }
static ssize_t in___read_chk(int fd, void *b, size_t n) { return __read_chk(fd, b, n, n); }
static ssize_t in___recv_chk(int fd, void *b, size_t n) { return __recv_chk(fd, b, n, n, 0); }
static ssize_t in___recvfrom_chk(int fd, void *b, size_t n) { return __recvfrom_chk(fd, b, n, n, 0, NULL, NULL); }

static ssize_t in_recvmsg(int fd, void *b, size_t n)
{
	return recvmsg(fd, &(struct msghdr){.msg_iov = &(struct iovec){b, n}, .msg_iovlen = 1}, 0);
}

static ssize_t in_recvmmsg(int fd, void *b, size_t n)
{
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &(struct iovec){b, n}, .msg_iovlen = 1}};
	int got = recvmmsg(fd, &m, 1, 0, NULL);

	return got > 0 ? (ssize_t)m.msg_len : got;
}

static int pipe_ends[2];

static ssize_t in_splice(int fd, void *b, size_t n)
{
	ssize_t got = splice(fd, NULL, pipe_ends[1], NULL, n, 0);

	/* The next one needs the room: a pipe may have no more than for one piece. */
	for (ssize_t left = got; left > 0;)
		left -= MUST(syscall(SYS_read, pipe_ends[0], b, left));
	return got;
}

static ssize_t out_write(int fd, void *b, size_t n) { return write(fd, b, n); }
static ssize_t out_writev(int fd, void *b, size_t n) { return writev(fd, &(struct iovec){b, n}, 1); }
static ssize_t out_send(int fd, void *b, size_t n) { return send(fd, b, n, MSG_NOSIGNAL); }
static ssize_t out_sendto(int fd, void *b, size_t n) { return sendto(fd, b, n, MSG_NOSIGNAL, NULL, 0); }

static ssize_t out_sendmsg(int fd, void *b, size_t n)
{
	return sendmsg(fd, &(struct msghdr){.msg_iov = &(struct iovec){b, n}, .msg_iovlen = 1}, MSG_NOSIGNAL);
}

static ssize_t out_sendmmsg(int fd, void *b, size_t n)
{
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &(struct iovec){b, n}, .msg_iovlen = 1}};
	int sent = sendmmsg(fd, &m, 1, MSG_NOSIGNAL);

	return sent > 0 ? (ssize_t)m.msg_len : sent;
}

static int file = -1;

static ssize_t out_sendfile(int fd, void *b, size_t n)
{
	(void)b;
	return sendfile(fd, file, &(off_t){0}, n);
}

static ssize_t out_sendfile64(int fd, void *b, size_t n)
{
	(void)b;
	return sendfile64(fd, file, &(off64_t){0}, n);
}

static ssize_t out_splice(int fd, void *b, size_t n)
{
	MUST(syscall(SYS_write, pipe_ends[1], b, n) == (long)n ? 0 : -1);
	return splice(pipe_ends[0], NULL, fd, NULL, n, 0);
}

struct mover {
	const char *name;
	ssize_t (*call)(int, void *, size_t);
};
#define IN(name)                 \
	{                        \
#name, in_##name \
	}
#define OUT(name)                 \
	{                         \
#name, out_##name \
	}
static const struct mover ins[] = {IN(read),	 IN(readv),	 IN(recv),	 IN(recvfrom),	     IN(recvmsg),
				   IN(recvmmsg), IN(__read_chk), IN(__recv_chk), IN(__recvfrom_chk), IN(splice)};
static const struct mover outs[] = {OUT(write),	   OUT(writev),	  OUT(send),	   OUT(sendto), OUT(sendmsg),
				    OUT(sendmmsg), OUT(sendfile), OUT(sendfile64), OUT(splice)};
#define N(table) (sizeof table / sizeof *table)

static const struct mover *mover(const struct mover *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	fprintf(stderr, "no case for %s\n", name);
	exit(95);
}

enum { BYTES = 777 };
static char bytes[BYTES + 1];

static void prepare(void)
{
	char path[] = "/tmp/hook_calls-XXXXXX";

	MUST(pipe(pipe_ends));
	file = MUST(mkstemp(path));
	unlink(path);
	MUST(ftruncate(file, BYTES));
}

/* `in NAME`: 777 bytes, then the peer's end, then a closed number. */
static void do_in(void)
{
	const struct mover *m = mover(ins, N(ins), args[0]);
	int ends[2];

	prepare();
	pair_of(ends);
	MUST(send(ends[1], bytes, BYTES, 0));
	EXPECT(GOOD(m->call(ends[0], bytes, BYTES)) == BYTES);
	close(ends[1]);
	EXPECT(GOOD(m->call(ends[0], bytes, BYTES)) == 0);
	close(ends[0]);
	FAILS(m->call(ends[0], bytes, BYTES), EBADF);
	tell("fd", ends[0]);
}

/* `out NAME`: 777 bytes, then a closed number. */
static void do_out(void)
{
	const struct mover *m = mover(outs, N(outs), args[0]);
	int ends[2];

	prepare();
	pair_of(ends);
	EXPECT(GOOD(m->call(ends[0], bytes, BYTES)) == BYTES);
	MUST(recv(ends[1], bytes, BYTES, MSG_WAITALL));
	close(ends[1]);
	close(ends[0]);
	FAILS(m->call(ends[0], bytes, BYTES), EBADF);
	tell("fd", ends[0]);
}

int pidfd_getfd(int, int, unsigned);

/* Every call that takes a descriptor, on a number: `misuse closed` or `misuse never`. */
static void do_misuse(void)
{
	int set = MUST(epoll_create1(0)), fd = !strcmp(args[0], "closed") ? stream() : -1, on = 1;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof on;
	struct iovec iov = {bytes, 1};

	prepare();
	if (fd >= 0)
		close(fd);
	tell("fd", fd);
	for (size_t i = 0; i < N(ins); i++)
		FAILS(ins[i].call(fd, bytes, 1), EBADF);
	for (size_t i = 0; i + 1 < N(outs); i++) /* but splice, the last, which was among the first */
		FAILS(outs[i].call(fd, bytes, 1), EBADF);
	FAILS(bind(fd, (struct sockaddr *)&at, sizeof at), EBADF);
	FAILS(listen(fd, 1), EBADF);
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof at), EBADF);
	FAILS(accept(fd, NULL, NULL), EBADF);
	FAILS(accept4(fd, NULL, NULL, 0), EBADF);
	FAILS(shutdown(fd, SHUT_RDWR), EBADF);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), EBADF);
	FAILS(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, &len), EBADF);
	FAILS(getsockname(fd, (struct sockaddr *)&at, &len), EBADF);
	FAILS(getpeername(fd, (struct sockaddr *)&at, &len), EBADF);
	FAILS(dup(fd), EBADF);
	FAILS(dup2(fd, 99), EBADF);
	FAILS(dup3(fd, 99, 0), EBADF);
	FAILS(fcntl(fd, F_DUPFD, 0), EBADF);
	FAILS(fcntl64(fd, F_SETFD, 0), EBADF);
	FAILS(ioctl(fd, FIONREAD, &on), EBADF);
	FAILS(pread(fd, bytes, 1, 0), EBADF);
	FAILS(pread64(fd, bytes, 1, 0), EBADF);
	FAILS(pwrite(fd, bytes, 1, 0), EBADF);
	FAILS(pwrite64(fd, bytes, 1, 0), EBADF);
	FAILS(preadv(fd, &iov, 1, 0), EBADF);
	FAILS(preadv64(fd, &iov, 1, 0), EBADF);
	FAILS(pwritev(fd, &iov, 1, 0), EBADF);
	FAILS(pwritev64(fd, &iov, 1, 0), EBADF);
	FAILS(lseek(fd, 0, SEEK_SET), EBADF);
	FAILS(lseek64(fd, 0, SEEK_SET), EBADF);
	FAILS(fsync(fd), EBADF);
	FAILS(fdatasync(fd), EBADF);
	FAILS(ftruncate(fd, 0), EBADF);
	FAILS(ftruncate64(fd, 0), EBADF);
	FAILS(fchmod(fd, 0600), EBADF);
	FAILS(fchdir(fd), EBADF);
	FAILS(timerfd_settime(fd, 0, &(struct itimerspec){0}, NULL), EBADF);
	FAILS(openat(fd, "nothing", O_RDONLY), EBADF);
	FAILS(openat64(fd, "nothing", O_RDONLY), EBADF);
	FAILS(__openat_2(fd, "nothing", O_RDONLY), EBADF);
	FAILS(__openat64_2(fd, "nothing", O_RDONLY), EBADF);
	FAILS(syscall(SYS_openat2, fd, "nothing", &(struct open_how){0}, sizeof(struct open_how)), EBADF);
	FAILS(epoll_ctl(set, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}), EBADF);
	FAILS(fdopen(fd, "r") ? 0 : -1, EBADF);
	FAILS(fdopendir(fd) ? 0 : -1, EBADF);
	FAILS(pidfd_getfd(fd, 0, 0), EBADF);
}

/* `wait NAME`: for a socket, which is closed then, and at last is a file. */
static void do_wait(void)
{
	struct pollfd polled[] = {{.fd = -1, .events = POLLIN}, {.events = POLLOUT}};
	const char *name = args[0];
	bool in_set = !strncmp(name, "epoll", 5); /* of which the socket is none */
	struct epoll_event event;
	int ends[2];

	pair_of(ends);
	tell("fd", ends[0]);
	polled[1].fd = ends[0];
	for (int turn = 0; turn < 5; turn++) {
		fd_set set;
		long result;

		FD_ZERO(&set);
		FD_SET(ends[0], &set);
		errno = 12345;
		if (!strcmp(name, "poll"))
			result = poll(polled, 2, -1);
		else if (!strcmp(name, "__poll_chk"))
			result = __poll_chk(polled, 2, -1, sizeof polled);
		else if (!strcmp(name, "ppoll"))
			result = ppoll(polled, 2, NULL, NULL);
		else if (!strcmp(name, "__ppoll_chk"))
			result = __ppoll_chk(polled, 2, NULL, NULL, sizeof polled);
		else if (!strcmp(name, "select"))
			result = select(ends[0] + 1, NULL, &set, NULL, NULL);
		else if (!strcmp(name, "pselect"))
			result = pselect(ends[0] + 1, NULL, &set, NULL, NULL, NULL);
		else if (!strcmp(name, "epoll_wait"))
			result = epoll_wait(ends[0], &event, 1, -1);
		else if (!strcmp(name, "epoll_pwait"))
			result = epoll_pwait(ends[0], &event, 1, -1, NULL);
		else
			result = epoll_pwait2(ends[0], &event, 1, NULL, NULL);
		bool closed = turn == 1 || turn == 2, fails = in_set || (closed && strstr(name, "select"));
		EXPECT(result == (fails ? -1 : 1) && errno == (!fails ? 12345 : closed ? EBADF : EINVAL));
		EXPECT(in_set || strstr(name, "select") || polled[1].revents == (closed ? POLLNVAL : POLLOUT));
		if (turn == 0)
			GOOD(close(ends[0]));
		else if (turn == 2)
			EXPECT(open("/dev/null", O_WRONLY) == ends[0]);
	}
}

/* EBADF is said of another number than the socket's: `beside NAME`. */
static void do_beside(void)
{
	int fd = stream(), ends[2], bad = 999;
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &(struct iovec){bytes, 1},
					.msg_iovlen = 1,
					.msg_control = &control,
					.msg_controllen = sizeof control}};

	pair_of(ends);
	memcpy(CMSG_DATA(&control.head), &bad, sizeof bad);
	if (!strcmp(args[0], "dup2")) {
		FAILS(dup2(fd, -1), EBADF);
		FAILS(dup2(fd, INT_MAX), EBADF);
	} else if (!strcmp(args[0], "dup3")) {
		FAILS(dup3(fd, -1, 0), EBADF);
	} else if (!strcmp(args[0], "sendfile")) {
		fd = ends[0];
		FAILS(sendfile(fd, bad, NULL, 1), EBADF);
		FAILS(sendfile64(fd, bad, NULL, 1), EBADF);
	} else if (!strcmp(args[0], "splice")) {
		fd = ends[0];
		FAILS(splice(fd, NULL, bad, NULL, 1, 0), EBADF);
		FAILS(splice(bad, NULL, fd, NULL, 1, 0), EBADF);
	} else if (!strcmp(args[0], "epoll_ctl")) {
		FAILS(epoll_ctl(bad, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}), EBADF);
	} else {
		fd = ends[0];
		if (!strcmp(args[0], "sendmsg"))
			FAILS(sendmsg(fd, &m.msg_hdr, 0), EBADF);
		else
			FAILS(sendmmsg(fd, &m, 1, 0), EBADF);
	}
	tell("fd", fd);
	GOOD(close(fd));
}

static void do_asked(void)
{
	int fd = stream();

	close(fd);
	FAILS(fcntl(fd, F_GETFD), EBADF);
	FAILS(fcntl64(fd, F_GETFD), EBADF);
}

/* libc's own close, inside fcloseall's kin, is not called through the symbol; here the kernel is asked behind libc's back. */
static void do_unseen(void)
{
	int fd = stream();
	long result;

#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_close), "D"(fd) : "rcx", "r11", "memory");
#else
	register long x8 __asm__("x8") = SYS_close;
	register long x0 __asm__("x0") = fd;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8) : "memory");
	result = x0;
#endif
	EXPECT(result == 0 && stream() == fd);
	tell("fd", fd);
	GOOD(close(fd));
}

/* Descriptors that travel by SCM_RIGHTS: `rights`, with sendmsg and recvmsg, and with their kin for many. */
static void do_rights(void)
{
	int ends[2], many = !strcmp(args[0], "many"), passed = stream(), got;
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &(struct iovec){bytes, 1},
					.msg_iovlen = 1,
					.msg_control = &control,
					.msg_controllen = sizeof control}};

	pair_of(ends);
	memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
	if (many)
		GOOD(sendmmsg(ends[0], &m, 1, 0));
	else
		GOOD(sendmsg(ends[0], &m.msg_hdr, 0));
	close(passed);
	memset(&control, 0, sizeof control);
	m.msg_hdr.msg_controllen = sizeof control;
	if (many)
		GOOD(recvmmsg(ends[1], &m, 1, MSG_CMSG_CLOEXEC, NULL));
	else
		GOOD(recvmsg(ends[1], &m.msg_hdr, MSG_CMSG_CLOEXEC));
	memcpy(&got, CMSG_DATA(&control.head), sizeof got);
	tell("passed", passed);
	tell("received", got);
	close(got);
}

/* Children. Each child makes a socket of its own, so that it has something to tell. */

static void do_child_work(void)
{
	int fd = stream();

	tell("made", fd);
	close(fd);
}

static void reap(const char *key, pid_t child, int expected)
{
	int status;

	tell(key, child);
	EXPECT(waitpid(child, &status, 0) == child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == expected);
}

static void fork_with(pid_t (*call)(void))
{
	int fd = stream();
	pid_t child = KEEP(call());

	if (!child) {
		do_child_work();
		close(fd);
		exit(7);
	}
	tell("fd", fd);
	reap("child", child, 7);
	close(fd);
}

static pid_t by_fork(void) { return fork(); }
static pid_t by__Fork(void) { return _Fork(); }
static void do_fork(void) { fork_with(by_fork); }
static void do__Fork(void) { fork_with(by__Fork); }

/* A child that no hook saw being made. */
static void do_raw_fork(void)
{
	int fd = stream();
	long child;

#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(child) : "a"(SYS_fork) : "rcx", "r11", "memory");
#else
	child = fork();
#endif
	if (!child) {
		do_child_work();
		close(fd);
		_exit(7);
	}
	tell("fd", fd);
	reap("child", (pid_t)child, 7);
	close(fd);
}

/* The child, on its parent's memory, closes what only it has to close. */
static void do_vfork(void)
{
	int fd = stream();

	errno = 12345;
	pid_t child = vfork();
	if (!child) {
		close(fd);
		int own = socket(AF_INET, SOCK_STREAM, 0);
		_exit(own == fd ? 3 : 4);
	}
	EXPECT(errno == 12345);
	tell("fd", fd);
	reap("child", child, 3);
	GOOD(close(fd));
	FAILS(close(fd), EBADF);
}

/* `daemon 1` keeps standard output, `daemon 0` lets libc put /dev/null over it. */
static void do_daemon(void)
{
	int fd = stream();

	tell("fd", fd);
	tell("parent", getpid());
	MUST(daemon(1, atoi(args[0])));
	tell("child", getpid());
	do_child_work();
	close(fd);
	exit(6);
}

/* `after FD [LD_PRELOAD expected]`: what another program finds, which it then is. */
static void do_after(void)
{
	int fd = atoi(args[0]);
	const char *preload = getenv("LD_PRELOAD");

	dprintf(1, "program=%d\npreload=%s\nmark=%s\n", getpid(), preload ? preload : "",
		getenv("MARK") ? getenv("MARK") : "");
	close(fd);
	exit(5);
}

/* The environment for another program: `kept`, `cleared`, or `own` with an LD_PRELOAD that the host wants. */
static char **next_environment(const char *kind)
{
	static char *none[] = {NULL};
	static char *own[] = {"LD_PRELOAD=libutil.so.1", "MARK=here", NULL};

	if (!strcmp(kind, "cleared"))
		return none;
	return !strcmp(kind, "own") ? own : environ;
}

/* `exec NAME KIND`, in this process; `vexec NAME KIND`, in a vfork child. */
static int exec_by_name(const char *name, const char *kind, char *fd)
{
	char folder[PATH_MAX], *base, *argv[] = {"after", "after", fd, NULL}, **env = next_environment(kind);
	bool takes_env = name[strlen(name) - 1] == 'e' || !strcmp(name, "execveat");

	/* The search is for the name, in the folder of this program alone; without a PATH there is nothing to search. */
	strcpy(folder, self);
	base = strrchr(folder, '/');
	*base++ = 0;
	setenv("PATH", folder, 1);
	if (!takes_env && env != environ) {
		environ = env;
		base = self;
	}
	if (!strcmp(name, "execve"))
		return execve(self, argv, env);
	if (!strcmp(name, "execv"))
		return execv(self, argv);
	if (!strcmp(name, "execvp"))
		return execvp(base, argv);
	if (!strcmp(name, "execvpe"))
		return execvpe(base, argv, env);
	if (!strcmp(name, "execl"))
		return execl(self, argv[0], argv[1], argv[2], (char *)NULL);
	if (!strcmp(name, "execlp"))
		return execlp(base, argv[0], argv[1], argv[2], (char *)NULL);
	if (!strcmp(name, "execle"))
		return execle(self, argv[0], argv[1], argv[2], (char *)NULL, env);
	if (!strcmp(name, "fexecve"))
		return fexecve(open(self, O_RDONLY | O_CLOEXEC), argv, env);
	if (!strcmp(name, "execveat"))
		return execveat(AT_FDCWD, self, argv, env, 0);
	return -1;
}

static void do_exec(void)
{
	char number[16];
	int fd = stream();

	tell("fd", fd);
	tell("parent", getpid());
	snprintf(number, sizeof number, "%d", fd);
	exec_by_name(args[0], args[1], number);
	perror(args[0]);
	_exit(94);
}

static void do_vexec(void)
{
	char number[16];
	int fd = stream();
	char **own = environ;

	tell("fd", fd);
	tell("parent", getpid());
	snprintf(number, sizeof number, "%d", fd);
	pid_t child = vfork();
	if (!child) {
		exec_by_name(args[0], args[1], number);
		_exit(94);
	}
	environ = own;
	reap("child", child, 5);
	GOOD(close(fd));
}

static void do_failed_exec(void)
{
	char *argv[] = {"x", NULL};
	int fd = stream();

	FAILS(execve("/nonexistent", argv, environ), ENOENT);
	FAILS(execv("/", argv), EACCES);
	FAILS(execl("/nonexistent", "x", (char *)NULL), ENOENT);
	FAILS(execle("/nonexistent", "x", (char *)NULL, environ), ENOENT);
	FAILS(execlp("no-such-program", "x", (char *)NULL), ENOENT);
	FAILS(execvp("no-such-program", argv), ENOENT);
	FAILS(execvpe("no-such-program", argv, environ), ENOENT);
	FAILS(fexecve(-1, argv, environ), EINVAL);
	FAILS(execveat(-1, "x", argv, environ, 0), EBADF);
	GOOD(close(fd));
}

static void spawn_with(bool search)
{
	char number[16], *argv[] = {"after", "after", number, NULL}, **env = next_environment(args[0]);
	pid_t child;
	int fd = stream();

	tell("fd", fd);
	tell("parent", getpid());
	snprintf(number, sizeof number, "%d", fd);
	errno = 12345;
	EXPECT((search ? posix_spawnp(&child, self, NULL, NULL, argv, env)
		       : posix_spawn(&child, self, NULL, NULL, argv, env)) == 0);
	EXPECT(errno == 12345);
	reap("child", child, 5);
	GOOD(close(fd));
}

static void do_posix_spawn(void) { spawn_with(false); }
static void do_posix_spawnp(void) { spawn_with(true); }

static char *shell_command(int fd)
{
	static char command[PATH_MAX + 64];

	snprintf(command, sizeof command, "exec '%s' after %d", self, fd);
	return command;
}

static void do_system(void)
{
	int fd = stream();

	tell("fd", fd);
	tell("parent", getpid());
	environ = next_environment(args[0]);
	char **before = environ;
	int status = system(shell_command(fd));
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	EXPECT(environ == before);
	EXPECT(system(NULL) != 0);
	GOOD(close(fd));
}

static void do_popen(void)
{
	char line[4096];
	int fd = stream();

	tell("fd", fd);
	tell("parent", getpid());
	environ = next_environment(args[0]);
	char **before = environ;
	FILE *f = popen(shell_command(fd), "r");
	EXPECT(f && environ == before);
	while (fgets(line, sizeof line, f))
		dprintf(1, "%s", line);
	int status = pclose(f);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	GOOD(close(fd));
}

/* The ends of a process: `end HOW STATUS`, with one socket left open. */
static void *end_in_thread(void *status) { exit(*(int *)status); }

static int returned;

static void do_end(void)
{
	static int status;
	pthread_t thread;

	status = atoi(args[1]);
	tell("fd", stream());
	if (!strcmp(args[0], "exit"))
		exit(status);
	if (!strcmp(args[0], "_exit"))
		_exit(status);
	if (!strcmp(args[0], "_Exit"))
		_Exit(status);
	if (!strcmp(args[0], "quick_exit"))
		quick_exit(status);
	if (!strcmp(args[0], "exit_group"))
		syscall(SYS_exit_group, status);
	if (!strcmp(args[0], "raw_exit"))
		syscall(SYS_exit, status);
	if (!strcmp(args[0], "raise"))
		raise(status);
	if (!strcmp(args[0], "abort"))
		abort();
	if (!strcmp(args[0], "thread")) {
		pthread_create(&thread, NULL, end_in_thread, &status);
		pthread_exit(NULL);
	}
	if (!strcmp(args[0], "pthread_exit"))
		pthread_exit(NULL);
	returned = status;
}

/* Where the trace's name does not lead, with sockets made only there: NAME ROOT [silent [itself]]. */

int pivot_root(const char *, const char *);

static uid_t somebody(void) { return args[2] && args[3] ? geteuid() : 65534; }

static void cannot(const char *what)
{
	fprintf(stderr, "%s: %m\n", what);
	_exit(77);
}

static void mounted_root(const char *root)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", root, "tmpfs", 0, NULL))
		cannot("mount");
	MUST(chdir(root));
	MUST(mkdir("old", 0700));
}

static int own_namespace(void) { return MUST(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)); }

static void use_sockets(void)
{
	for (int i = 0; i < 500 && !args[2]; i++)
		close(stream());
}

static void do_secluded(void)
{
	const char *name = args[0], *root = args[1];

	if (!strcmp(name, "chroot"))
		GOOD(chroot(root));
	else if (!strcmp(name, "pivot_root")) {
		mounted_root(root);
		GOOD(pivot_root(".", "old"));
	} else if (!strcmp(name, "setuid"))
		GOOD(setuid(somebody()));
	else if (!strcmp(name, "seteuid"))
		GOOD(seteuid(somebody()));
	else if (!strcmp(name, "setreuid"))
		GOOD(setreuid((uid_t)-1, somebody()));
	else if (!strcmp(name, "setresuid"))
		GOOD(setresuid(somebody(), somebody(), somebody()));
	else if (!strcmp(name, "unshare"))
		GOOD(unshare(CLONE_NEWNS));
	else if (!strcmp(name, "setns")) {
		int fd = own_namespace();
		GOOD(setns(fd, CLONE_NEWNS));
		close(fd);
	} else
		EXPECT(!"known");
	use_sockets();
}

#ifdef SYS_landlock_create_ruleset
/* Nothing may be written any more. */
static long restrict_self(void)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs =
						      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG};
	long fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
	if (fd < 0)
		cannot("landlock");
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	long ret = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return ret;
}
#else
static long restrict_self(void)
{
	cannot("landlock");
	return -1;
}
#endif

static void do_by_number(void)
{
	const char *name = args[0], *root = args[1];
	long ret;

	if (!strcmp(name, "chroot"))
		ret = syscall(SYS_chroot, root);
	else if (!strcmp(name, "pivot_root")) {
		mounted_root(root);
		ret = syscall(SYS_pivot_root, ".", "old");
	} else if (!strcmp(name, "setuid"))
		ret = syscall(SYS_setuid, somebody());
	else if (!strcmp(name, "setreuid"))
		ret = syscall(SYS_setreuid, -1, somebody());
	else if (!strcmp(name, "setresuid"))
		ret = syscall(SYS_setresuid, somebody(), somebody(), somebody());
	else if (!strcmp(name, "unshare"))
		ret = syscall(SYS_unshare, CLONE_NEWNS);
	else if (!strcmp(name, "setns"))
		ret = syscall(SYS_setns, own_namespace(), CLONE_NEWNS);
	else
		ret = restrict_self();
	MUST((int)ret);
	use_sockets();
}

#define CASE(name)               \
	{                        \
#name, do_##name \
	}
static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	CASE(socket),  CASE(socketpair),  CASE(bind),	    CASE(listen),      CASE(connect),	   CASE(accept),
	CASE(accept4), CASE(shutdown),	  CASE(setsockopt), CASE(getsockopt),  CASE(getsockname),  CASE(getpeername),
	CASE(close),   CASE(close_range), CASE(closefrom),  CASE(fclose),      CASE(freopen),	   CASE(freopen64),
	CASE(dup),     CASE(dup2),	  CASE(dup3),	    CASE(fcntl),       CASE(fcntl64),	   CASE(ioctl),
	CASE(in),      CASE(out),	  CASE(misuse),	    CASE(beside),      CASE(asked),	   CASE(unseen),
	CASE(rights),  CASE(fork),	  CASE(_Fork),	    CASE(vfork),       CASE(daemon),	   CASE(exec),
	CASE(vexec),   CASE(failed_exec), CASE(after),	    CASE(posix_spawn), CASE(posix_spawnp), CASE(system),
	CASE(popen),   CASE(raw_fork),	  CASE(end),	    CASE(wait),	       CASE(secluded),	   CASE(by_number),
};

int main(int argc, char **argv)
{
	MUST(readlink("/proc/self/exe", self, sizeof self - 1));
	args = argv + 2;
	for (size_t i = 0; argc > 1 && i < N(cases); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		cases[i].run();
		return returned;
	}
	fprintf(stderr, "no case %s\n", argc > 1 ? argv[1] : "given");
	return 95;
}

/* What Valgrind's --track-fds finds, and what it must leave alone: a function a case, run by its name, with the number of
 * a descriptor that it inherits; without arguments, their names. See tests/valgrind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"
#include "scm_rights.h"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

/* A case is found in the section of that name. */
struct found {
	const char *name;
	void (*run)(void);
};
extern const struct found __start_cases[], __stop_cases[];

#define PLACE static __attribute__((noinline))
#define CASE(id)                                                                                  \
	PLACE void id(void);                                                                      \
	static const struct found found_##id __attribute__((section("cases"), used)) = {#id, id}; \
	PLACE void id(void)

/* Places that a report can tell apart: where a number was made, closed, closed again and used. */
PLACE int open_null(void) { return MUST(open("/dev/null", O_RDWR)); }
PLACE void close_first(int fd) { EXPECT(close(fd) == 0); }
PLACE void close_again(int fd) { EXPECT(close(fd) == -1 && errno == EBADF); }
#define FAILS(call) EXPECT((call) == -1 && errno == EBADF)

static int inherited; /* from whoever started the program */

/* What is left open. */

#define LEAK(name, call) \
	CASE(leak_##name) { MUST(call); }

LEAK(open, open("/dev/null", O_RDONLY))
LEAK(open_path, open("/", O_PATH))
LEAK(open_directory, open("/", O_RDONLY | O_DIRECTORY))
LEAK(openat, openat(AT_FDCWD, "/dev/null", O_RDONLY))
LEAK(openat2, (int)syscall(SYS_openat2, AT_FDCWD, "/dev/null", (uint64_t[3]){O_RDONLY}, 24))
LEAK(epoll, epoll_create1(0))
LEAK(eventfd, eventfd(0, 0))
LEAK(inotify, inotify_init())
LEAK(memfd, memfd_create("case", 0))
LEAK(pidfd, (int)syscall(SYS_pidfd_open, getpid(), 0))
LEAK(signalfd, signalfd(-1, &(sigset_t){0}, 0))
LEAK(timerfd, timerfd_create(CLOCK_MONOTONIC, 0))
LEAK(terminal, posix_openpt(O_RDWR | O_NOCTTY))
LEAK(tcp, socket(AF_INET, SOCK_STREAM, 0))
LEAK(tcp6, socket(AF_INET6, SOCK_STREAM, 0))
LEAK(udp, socket(AF_INET, SOCK_DGRAM, 0))
LEAK(unix, socket(AF_UNIX, SOCK_STREAM, 0))

CASE(leak_creat)
{
	char name[] = "case.XXXXXX";

	close_first(MUST(mkstemp(name)));
	MUST(creat(name, 0600));
	unlink(name);
}

CASE(leak_mkstemp)
{
	char name[] = "case.XXXXXX";

	MUST(mkstemp(name));
	unlink(name);
}

CASE(leak_pipe) { MUST(pipe((int[2]){0})); }
CASE(leak_pipe2) { MUST(pipe2((int[2]){0}, O_CLOEXEC)); }
CASE(leak_socketpair) { MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0})); }

CASE(leak_pipe_end)
{
	int ends[2];

	MUST(pipe(ends));
	close_first(ends[1]);
}

CASE(leak_dup) { MUST(dup(open_null())); }
CASE(leak_dup2) { MUST(dup2(open_null(), 20)); }
CASE(leak_dup3) { MUST(dup3(open_null(), 20, O_CLOEXEC)); }
CASE(leak_fcntl) { MUST(fcntl(open_null(), F_DUPFD, 10)); }
CASE(leak_fcntl_cloexec) { MUST(fcntl(open_null(), F_DUPFD_CLOEXEC, 10)); }

/* The duplicate alone. */
CASE(leak_duplicate)
{
	int fd = open_null();

	MUST(dup(fd));
	close_first(fd);
}

/* dup2 closes what was there: two numbers, one description. */
CASE(leak_dup2_over)
{
	int fd = open_null(), over = open_null();

	MUST(dup2(fd, over));
}

CASE(leak_standard_reopened)
{
	close_first(0);
	EXPECT(open_null() == 0);
}

CASE(leak_tcp_connected)
{
	struct sockaddr_in at;
	int fd = listener(&at);

	client(&at);
	MUST(accept(fd, NULL, NULL));
}

PLACE int listener6(struct sockaddr_in6 *at)
{
	int fd = MUST(socket(AF_INET6, SOCK_STREAM, 0));
	socklen_t size = sizeof *at;

	*at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	MUST(bind(fd, (struct sockaddr *)at, size));
	MUST(listen(fd, 1));
	MUST(getsockname(fd, (struct sockaddr *)at, &size));
	return fd;
}

CASE(leak_tcp6_connected)
{
	struct sockaddr_in6 at;
	int fd = listener6(&at), end = MUST(socket(AF_INET6, SOCK_STREAM, 0));

	MUST(connect(end, (struct sockaddr *)&at, sizeof at));
	MUST(accept(fd, NULL, NULL));
}

CASE(leak_unix_connected)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(sa_family_t);
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), end = MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	MUST(bind(fd, (struct sockaddr *)&at, size)); /* the kernel finds an abstract name */
	MUST(listen(fd, 1));
	size = sizeof at;
	MUST(getsockname(fd, (struct sockaddr *)&at, &size));
	MUST(connect(end, (struct sockaddr *)&at, size));
	MUST(accept(fd, NULL, NULL));
}

PLACE int receive_one(int over) { return receive(over); }

/* A file that came by a message. */
PLACE int received(void)
{
	int pair[2], fd;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	fd = open_null();
	pass(pair[0], fd);
	close_first(fd);
	fd = receive_one(pair[1]);
	close_first(pair[0]);
	close_first(pair[1]);
	return fd;
}

CASE(leak_received) { received(); }

/* A socket that came by a message: the other end of the one that it came through. */
PLACE int received_socket(void)
{
	int pair[2], fd;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pass(pair[0], pair[0]);
	fd = receive_one(pair[1]);
	close_first(pair[0]);
	close_first(pair[1]);
	return fd;
}

CASE(leak_received_socket) { received_socket(); }

CASE(leak_fopen) { EXPECT(fopen("/dev/null", "r") != NULL); }
CASE(leak_tmpfile) { EXPECT(tmpfile() != NULL); }
CASE(leak_opendir) { EXPECT(opendir("/") != NULL); }
CASE(leak_fdopen) { EXPECT(fdopen(open_null(), "r") != NULL); }
CASE(leak_fdopendir) { EXPECT(fdopendir(MUST(open("/", O_RDONLY | O_DIRECTORY))) != NULL); }

CASE(leak_freopen)
{
	FILE *f = fopen("/dev/null", "r");

	EXPECT(freopen("/dev/zero", "r", f) != NULL);
}

CASE(leak_popen)
{
	EXPECT(popen("exit 0", "r") != NULL);
	wait(NULL);
}

/* In a child: what it inherited is its parent's, what it made its own. */
CASE(leak_child)
{
	int fd = open_null();
	pid_t child = MUST(fork());

	if (!child) {
		MUST(eventfd(0, 0));
		exit(0);
	}
	wait_for(child);
	close_first(fd);
}

/* What is closed twice. */

#define TWICE(name, made)        \
	CASE(twice_##name)       \
	{                        \
		int fd = made;   \
		close_first(fd); \
		close_again(fd); \
	}

PLACE int make_socket(void) { return MUST(socket(AF_INET, SOCK_STREAM, 0)); }
PLACE int make_unix(void) { return MUST(socket(AF_UNIX, SOCK_STREAM, 0)); }
PLACE int make_eventfd(void) { return MUST(eventfd(0, 0)); }
PLACE int make_epoll(void) { return MUST(epoll_create1(0)); }
PLACE int make_timerfd(void) { return MUST(timerfd_create(CLOCK_MONOTONIC, 0)); }
PLACE int make_memfd(void) { return MUST(memfd_create("case", 0)); }
PLACE int make_udp(void) { return MUST(socket(AF_INET, SOCK_DGRAM, 0)); }
PLACE int make_inotify(void) { return MUST(inotify_init()); }
PLACE int make_signalfd(void) { return MUST(signalfd(-1, &(sigset_t){0}, 0)); }
PLACE int make_pidfd(void) { return MUST((int)syscall(SYS_pidfd_open, getpid(), 0)); }
PLACE int make_terminal(void) { return MUST(posix_openpt(O_RDWR | O_NOCTTY)); }
PLACE int make_duplicate(void) { return MUST(dup(2)); }
PLACE int make_directory(void) { return MUST(open("/", O_RDONLY | O_DIRECTORY)); }

PLACE int make_pipe(void)
{
	int ends[2];

	MUST(pipe(ends));
	close_first(ends[1]);
	return ends[0];
}

PLACE int make_creat(void)
{
	char name[] = "case.XXXXXX";
	int fd;

	close_first(MUST(mkstemp(name)));
	fd = MUST(creat(name, 0600));
	unlink(name);
	return fd;
}

TWICE(file, open_null())
TWICE(creat, make_creat())
TWICE(directory, make_directory())
TWICE(pipe, make_pipe())
TWICE(tcp, make_socket())
TWICE(unix, make_unix())
TWICE(eventfd, make_eventfd())
TWICE(epoll, make_epoll())
TWICE(timerfd, make_timerfd())
TWICE(memfd, make_memfd())
TWICE(udp, make_udp())
TWICE(inotify, make_inotify())
TWICE(signalfd, make_signalfd())
TWICE(pidfd, make_pidfd())
TWICE(terminal, make_terminal())
TWICE(duplicate, make_duplicate())
TWICE(received, received())
TWICE(received_socket, received_socket())
TWICE(inherited, inherited)
TWICE(input, 0)
TWICE(output, 1)
TWICE(error, 2)

CASE(twice_standard)
{
	close_first(0);
	close_first(1);
	close_again(1);
	close_again(0);
}

/* The duplicate of a number that is closed twice lives on, and is closed in order. */
CASE(twice_connected)
{
	int ends[2], copy;

	connection(ends);
	copy = MUST(dup(ends[1]));
	close_first(copy);
	close_again(copy);
	close_first(ends[0]);
	close_first(ends[1]);
}

CASE(twice_fclose)
{
	FILE *f = fopen("/dev/null", "r");
	int fd = fileno(f);

	fclose(f);
	close_again(fd);
}

PLACE void fclose_again(FILE *f) { EXPECT(fclose(f) == EOF && errno == EBADF); }

CASE(twice_under_stream)
{
	FILE *f = fopen("/dev/null", "r");

	close_first(fileno(f));
	fclose_again(f);
}

PLACE void pclose_again(FILE *f) { EXPECT(pclose(f) == -1 || errno == EBADF); }

CASE(twice_under_pipe)
{
	FILE *f = popen("exit 0", "r");

	close_first(fileno(f));
	pclose_again(f);
}

/* Of a standard stream: its number, and then the stream. */
CASE(twice_under_standard_stream)
{
	close_first(1);
	fclose_again(stdout);
}

CASE(twice_closedir)
{
	DIR *d = opendir("/");
	int fd = dirfd(d);

	closedir(d);
	close_again(fd);
}

PLACE void closedir_again(DIR *d) { EXPECT(closedir(d) == -1 && errno == EBADF); }

CASE(twice_under_directory)
{
	DIR *d = opendir("/");

	close_first(dirfd(d));
	closedir_again(d);
}

PLACE void close_all(unsigned from, unsigned to) { MUST(close_range(from, to, 0)); }
PLACE void close_all_again(unsigned from, unsigned to) { MUST(close_range(from, to, 0)); }

CASE(twice_range)
{
	MUST(dup2(1, 5));
	MUST(dup2(2, 7));
	close_all(5, 7);
	close_all_again(5, 7);
}

CASE(twice_after_range)
{
	int fd = open_null();

	close_all((unsigned)fd, (unsigned)fd);
	close_again(fd);
}

/* What is used closed. */

#define USED(name, made, call)      \
	CASE(used_##name)           \
	{                           \
		int fd = made;      \
		char bytes[8] = ""; \
		(void)bytes;        \
		close_first(fd);    \
		FAILS(call);        \
	}

#define IOV (&(struct iovec){bytes, 1}), 1

USED(write, open_null(), write(fd, bytes, 1))
USED(read, open_null(), read(fd, bytes, 1))
USED(readv, open_null(), readv(fd, IOV))
USED(writev, open_null(), writev(fd, IOV))
USED(pread, open_null(), pread(fd, bytes, 1, 0))
USED(pwrite, open_null(), pwrite(fd, bytes, 1, 0))
USED(preadv, open_null(), preadv(fd, IOV, 0))
USED(pwritev, open_null(), pwritev(fd, IOV, 0))
USED(lseek, open_null(), lseek(fd, 0, SEEK_SET))
USED(fstat, open_null(), fstat(fd, &(struct stat){0}))
USED(fsync, open_null(), fsync(fd))
USED(fdatasync, open_null(), fdatasync(fd))
USED(ftruncate, open_null(), ftruncate(fd, 0))
USED(fchmod, open_null(), fchmod(fd, 0600))
USED(mmap, open_null(), mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0)
USED(fchdir, make_directory(), fchdir(fd))
USED(openat, make_directory(), openat(fd, "dev", O_RDONLY))
USED(dup, open_null(), dup(fd))
USED(dup2, open_null(), dup2(fd, 20))
USED(fcntl, open_null(), fcntl(fd, F_GETFL))
USED(ioctl, open_null(), ioctl(fd, FIONREAD, bytes))
USED(fdopen, open_null(), fdopen(fd, "r") ? 0 : -1)
USED(pipe_read, make_pipe(), read(fd, bytes, 1))
USED(directory_read, make_directory(), read(fd, bytes, 1))
USED(eventfd_write, make_eventfd(), write(fd, bytes, 8))
USED(eventfd_read, make_eventfd(), read(fd, bytes, 8))
USED(inotify_read, make_inotify(), read(fd, bytes, 8))
USED(signalfd_read, make_signalfd(), read(fd, bytes, 8))
USED(memfd_write, make_memfd(), write(fd, bytes, 8))
USED(terminal_write, make_terminal(), write(fd, bytes, 8))
USED(inherited_write, inherited, write(fd, bytes, 8))
USED(received_socket_write, received_socket(), write(fd, bytes, 8))
USED(timerfd_read, make_timerfd(), read(fd, bytes, 8))
USED(timerfd_settime, make_timerfd(), timerfd_settime(fd, 0, &(struct itimerspec){0}, NULL))
USED(epoll_ctl, make_epoll(), epoll_ctl(fd, EPOLL_CTL_ADD, 2, &(struct epoll_event){0}))
USED(epoll_wait, make_epoll(), epoll_wait(fd, &(struct epoll_event){0}, 1, 0))
USED(received_write, received(), write(fd, bytes, 1))
USED(duplicate_write, make_duplicate(), write(fd, bytes, 1))
USED(send, make_unix(), send(fd, bytes, 1, 0))
USED(recv, make_unix(), recv(fd, bytes, 1, 0))
USED(sendmsg, make_unix(), sendmsg(fd, &(struct msghdr){0}, 0))
USED(recvmsg, make_unix(), recvmsg(fd, &(struct msghdr){0}, 0))
USED(bind, make_socket(),
     bind(fd, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET}, sizeof(struct sockaddr_in)))
USED(listen, make_socket(), listen(fd, 1))
USED(accept, make_socket(), accept(fd, NULL, NULL))
USED(connect, make_socket(),
     connect(fd, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET}, sizeof(struct sockaddr_in)))
USED(shutdown, make_socket(), shutdown(fd, SHUT_RDWR))
USED(setsockopt, make_socket(), setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int)))
USED(getsockopt, make_socket(), getsockopt(fd, SOL_SOCKET, SO_ERROR, &(int){0}, &(socklen_t){sizeof(int)}))
USED(getsockname, make_socket(),
     getsockname(fd, (struct sockaddr *)&(struct sockaddr_in){0}, &(socklen_t){sizeof(struct sockaddr_in)}))
USED(input, 0, read(fd, bytes, 1))
USED(output, 1, write(fd, bytes, 1))
USED(error, 2, write(fd, bytes, 1))

PLACE int flush(FILE *f) { return fputs("x", f) < 0 ? EOF : fflush(f); }

CASE(used_stream)
{
	FILE *f = fopen("/dev/null", "w");

	close_first(fileno(f));
	EXPECT(flush(f) == EOF && errno == EBADF);
	_exit(0);
}

CASE(used_standard_stream)
{
	close_first(1);
	EXPECT(flush(stdout) == EOF && errno == EBADF);
	_exit(0);
}

/* The number has a new life, unless a tool keeps it out of use. */
CASE(used_later)
{
	int former = open_null(), later;

	close_first(former);
	later = open_null();
	EXPECT(write(former, "x", 1) == 1 || (former != later && errno == EBADF));
	close_first(later);
}

/* What never was one. */
#define NEVER(name, call)           \
	CASE(never_##name)          \
	{                           \
		char bytes[1] = ""; \
		(void)bytes;        \
		FAILS(call);        \
	}

NEVER(write, write(50, bytes, 1))
NEVER(read, read(50, bytes, 1))
NEVER(send, send(50, bytes, 1, 0))
NEVER(negative_write, write(-7, bytes, 1))
NEVER(negative_send, send(-1, bytes, 1, 0))
NEVER(negative_close, close(-1))
NEVER(close, close(50))

/* What is right, and must not be told. */

CASE(right_inherited) { EXPECT(fcntl(inherited, F_GETFD) >= 0); }
CASE(right_inherited_closed) { close_first(inherited); }

CASE(right_inherited_child)
{
	pid_t child = MUST(fork());

	if (!child)
		exit(0);
	wait_for(child);
}

CASE(right_exec_child)
{
	pid_t child = MUST(fork());

	if (!child) {
		execlp("true", "true", NULL);
		_exit(99);
	}
	wait_for(child);
}

CASE(right_replaced)
{
	int fd = open_null();

	MUST(dup2(fd, 1));
	close_first(fd);
}

CASE(right_daemon)
{
	int fd = open_null();

	for (int i = 0; i <= 2; i++)
		MUST(dup2(fd, i));
	close_first(fd);
}

CASE(right_all_closed)
{
	for (int fd = 3; fd < 256; fd++)
		close(fd);
}

CASE(right_range_closed)
{
	int fd = open_null();

	close_first(fd);
	close_all((unsigned)fd, ~0U);
}

CASE(right_asked)
{
	int fd = open_null();

	close_first(fd);
	FAILS(fcntl(fd, F_GETFD));
}

CASE(right_streams)
{
	FILE *f = fopen("/dev/null", "r");
	DIR *d = opendir("/");

	EXPECT(freopen("/dev/zero", "r", f) != NULL);
	fclose(f);
	closedir(d);
	f = popen("exit 0", "r");
	pclose(f);
}

CASE(right_received) { close_first(received()); }

int main(int argc, char **argv)
{
	inherited = argc > 2 ? atoi(argv[2]) : -1;
	for (const struct found *c = __start_cases; c < __stop_cases; c++) {
		if (argc == 1)
			puts(c->name);
		else if (!strcmp(argv[1], c->name))
			return c->run(), 0;
	}
	return argc == 1 ? 0 : 2;
}

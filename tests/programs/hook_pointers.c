/* Each pointer that a hooked call is given, in turn one that leads nowhere, past the end of what is mapped, or to an odd place; lengths
 * that are none; memory that overlaps. By name and by number. The output under the shim must be the one without it.
 *
 *
 * `hook_pointers numbers`: of each number that has a row, each register in turn is such a pointer, so that a new hook needs no line here.
 * A call that has no number, or follows pointers that the host's memory has, is worth one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

/* The numbers of rows that newer machines have not. */
#include "shim/model/hooks.h"

/* What the compiler warns of is what is tried here. */
#pragma GCC diagnostic ignored "-Wnonnull"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wrestrict"
#pragma GCC diagnostic ignored "-Wclobbered"
#endif

static sigjmp_buf crashed;
static const char *where; /* which pointer it is */
static void *place;	  /* it, when it can be written to: so many bytes, and what they begin with */
static size_t room;
static sa_family_t family;

static void fill(void)
{
	if (!room)
		return;
	memset(place, 0, room);
	memcpy(place, &family, sizeof family);
}

static void crash(int number) { siglongjmp(crashed, number); }

/* A crash is told, and hides nothing that follows. */
#define SHOW(text, call)                                                                                           \
	do {                                                                                                       \
		fill();                                                                                            \
		errno = 12345;                                                                                     \
		volatile long result_ = -2;                                                                        \
		int number_ = sigsetjmp(crashed, 1), error_;                                                       \
		if (!number_)                                                                                      \
			result_ = (long)(call);                                                                    \
		error_ = errno;                                                                                    \
		dprintf(1, "%s, %s: %ld %s%s\n", text, where, result_, number_ ? "crashed" : "",                   \
			result_ >= 0 ? (error_ == 12345 ? "(untouched)" : "(touched)") : strerrorname_np(error_)); \
	} while (0)

/* By name and by number. */
#define TRY(name, ...)                                                                     \
	do {                                                                               \
		SHOW(#name "(" #__VA_ARGS__ ")", name(__VA_ARGS__));                       \
		SHOW("SYS_" #name "(" #__VA_ARGS__ ")", syscall(SYS_##name, __VA_ARGS__)); \
	} while (0)

enum { PAGE = 4096 };
static const unsigned lengths[] = {0, 1, 2, 4, 15, 16, 110, 128, 129, 4096, 0x7fffffff, 0x80000000, 0xffffffff};
#define EACH_LENGTH(n)                                                   \
	for (size_t i_ = 0; i_ < sizeof lengths / sizeof *lengths; i_++) \
		for (unsigned n = lengths[i_], once_ = 1; once_; once_ = 0)

/* Calls on p. No call waits, and none changes what the next ones find. */
static void addresses(void *p)
{
	EACH_LENGTH(n)
	{
		static int s, u, d;

		s = MUST(socket(AF_INET, SOCK_STREAM, 0));
		u = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
		d = MUST(socket(AF_INET, SOCK_DGRAM, 0));

		dprintf(1, "length %x\n", n);
		TRY(bind, s, p, n);
		TRY(bind, u, p, n);
		TRY(connect, s, p, n);
		TRY(connect, u, p, n);
		TRY(connect, d, p, n);
		TRY(sendto, d, "x", 1, 0, p, n);
		TRY(setsockopt, s, SOL_SOCKET, SO_REUSEADDR, p, n);
		close(s);
		close(u);
		close(d);
	}
}

static struct sockaddr_in at;
static int server;

/* The number that accept gives is free again, and a client that was taken is gone. */
#define ACCEPT(...)                                      \
	do {                                             \
		int c_ = client(&at);                    \
		SHOW(#__VA_ARGS__, closed(__VA_ARGS__)); \
		close(c_);                               \
		closed(accept(server, NULL, NULL));      \
	} while (0)

static int closed(long fd)
{
	int e = errno;

	if (fd >= 0)
		close((int)fd);
	errno = e;
	return fd < 0 ? -1 : 0;
}

static void acceptances(void *p)
{
	static char far[256];
	struct sockaddr_storage near;
	socklen_t len = sizeof near;

	ACCEPT(accept(server, p, &len));
	len = sizeof near;
	ACCEPT(accept4(server, p, &len, SOCK_CLOEXEC));
	len = sizeof near;
	ACCEPT(syscall(SYS_accept, server, p, &len));
	len = sizeof near;
	ACCEPT(syscall(SYS_accept4, server, p, &len, 0));
	ACCEPT(accept(server, (void *)&near, p));
	ACCEPT(accept4(server, (void *)&near, p, 0));
	ACCEPT(syscall(SYS_accept, server, &near, p));
	ACCEPT(accept(server, p, p));
	ACCEPT(accept(server, NULL, p));
	ACCEPT(accept4(server, NULL, p, 0));
	EACH_LENGTH(n)
	{
		socklen_t *far_len = (socklen_t *)(far + 128);

		len = n;
		ACCEPT(accept(server, (void *)&near, &len));
		dprintf(1, "of %x: %x\n", n, len);
		*far_len = n;
		ACCEPT(accept(server, (void *)far, far_len));
		dprintf(1, "of %x: %x\n", n, *far_len);
	}
	/* The length lies over the address. */
	union {
		struct sockaddr_in in;
		socklen_t part[4];
	} over;
	for (int i = 0; i < 4; i++) {
		over.part[i] = sizeof over;
		ACCEPT(accept(server, (void *)&over, &over.part[i]));
		dprintf(1, "part %d: %x\n", i, over.part[i] & 0xffff); /* the rest may be a port */
	}
}

static void questions(int s, void *p)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	int error;

	TRY(getsockname, s, p, &len);
	TRY(getsockname, s, (void *)&addr, p);
	TRY(getpeername, s, p, &len);
	TRY(getpeername, s, (void *)&addr, p);
	len = sizeof error;
	TRY(getsockopt, s, SOL_SOCKET, SO_ERROR, p, &len);
	TRY(getsockopt, s, SOL_SOCKET, SO_ERROR, &error, p);
	TRY(getsockopt, s, SOL_SOCKET, SO_ERROR, p, p);
	EACH_LENGTH(n)
	{
		len = n;
		TRY(getsockopt, s, SOL_SOCKET, SO_ERROR, &error, &len);
		dprintf(1, "of %x: %x\n", n, len);
	}
}

static void bytes(int fd, int peer, int file, int piped, void *p)
{
	char byte = 'x';
	struct iovec iov = {p, 1}, good = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mmsghdr many = {.msg_hdr = m};

	TRY(write, fd, p, 1);
	TRY(writev, fd, p, 1);
	TRY(writev, fd, p, 1025);
	TRY(writev, fd, &iov, 1);
	SHOW("send", send(fd, p, 1, MSG_DONTWAIT));
	TRY(sendmsg, fd, p, MSG_DONTWAIT);
	TRY(sendmsg, fd, &m, MSG_DONTWAIT);
	TRY(sendmmsg, fd, p, 1, MSG_DONTWAIT);
	TRY(sendmmsg, fd, &many, 1, MSG_DONTWAIT);
	TRY(sendfile, fd, file, p, 1);
	TRY(splice, piped, p, fd, NULL, 1, SPLICE_F_NONBLOCK);
	m.msg_iov = &good;
	for (int i = 0; i < 3; i++) {
		struct msghdr bad = m;

		bad.msg_control = i == 0 ? p : NULL;
		bad.msg_controllen = i == 0 ? 100 : 0;
		bad.msg_name = i == 1 ? p : NULL;
		bad.msg_namelen = i == 1 ? 16 : 0;
		bad.msg_iov = i == 2 ? p : &good;
		MUST((int)send(peer, "y", 1, 0));
		TRY(recvmsg, fd, &bad, MSG_DONTWAIT);
		many.msg_hdr = bad;
		MUST((int)send(peer, "y", 1, 0));
		TRY(recvmmsg, fd, &many, 1, MSG_DONTWAIT, NULL);
		TRY(sendmsg, fd, &bad, MSG_DONTWAIT);
	}
	TRY(read, fd, p, 1);
	TRY(readv, fd, p, 1);
	TRY(readv, fd, p, -1);
	TRY(pread64, fd, p, 1, 0);
	TRY(pwrite64, fd, p, 1, 0);
	TRY(preadv, fd, p, 1, 0);
	TRY(pwritev, fd, p, 1, 0);
	TRY(timerfd_settime, fd, 0, p, NULL);
	SHOW("recv", recv(fd, p, 1, MSG_DONTWAIT));
	TRY(recvfrom, fd, p, 1, MSG_DONTWAIT, NULL, NULL);
	TRY(recvfrom, fd, &byte, 1, MSG_DONTWAIT, p, &(socklen_t){16});
	TRY(recvfrom, fd, &byte, 1, MSG_DONTWAIT, p, p);
	TRY(recvmsg, fd, p, MSG_DONTWAIT);
	TRY(recvmmsg, fd, p, 1, MSG_DONTWAIT, NULL);
	TRY(recvmmsg, fd, &many, 1, MSG_DONTWAIT, p);
	while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
		;
	while (recv(peer, &byte, 1, MSG_DONTWAIT) == 1)
		;
}

static void waits(int fd, void *p)
{
	struct timespec none = {0};
	struct timeval no = {0};
	struct pollfd one = {.fd = fd, .events = POLLOUT}; /* nothing waits */
	sigset_t mask;
	fd_set set;
	int gone = dup(fd), epoll = MUST(epoll_create1(0));

	sigemptyset(&mask);
	TRY(poll, p, 1, 0);
	TRY(poll, p, 1, 1);
	TRY(poll, p, 2, 0);
	TRY(poll, p, 0, 0);
	TRY(poll, &one, 0x100000001, 1);
	TRY(poll, &one, 0xffffffff, 0);
	SHOW("ppoll", ppoll(p, 1, &none, &mask));
	SHOW("SYS_ppoll", syscall(SYS_ppoll, p, 1, &none, &mask, 8));
	SHOW("ppoll, timeout", ppoll(&one, 1, p, NULL));
	SHOW("SYS_ppoll, mask", syscall(SYS_ppoll, &one, 1, &none, p, 8));
	FD_ZERO(&set);
	FD_SET(gone, &set);
	close(gone);
	TRY(select, 64, p, NULL, NULL, &no);
	TRY(select, 64, &set, p, NULL, &no);
	TRY(select, 64, &set, NULL, NULL, p);
	TRY(select, -1, &set, NULL, NULL, &no);
	SHOW("select of nobody", select(0x7fffffff, &set, NULL, NULL, &no));
	SHOW("pselect", pselect(64, NULL, p, NULL, &none, &mask));
	SHOW("SYS_pselect6", syscall(SYS_pselect6, 64, NULL, &set, NULL, &none, p));
	SHOW("SYS_pselect6 without", syscall(SYS_pselect6, 64, NULL, &set, NULL, &none, NULL));
	TRY(epoll_ctl, epoll, EPOLL_CTL_ADD, fd, p);
	TRY(epoll_ctl, epoll, EPOLL_CTL_DEL, fd, p);
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLOUT, .data.u64 = 8}));
	for (int orphaned = 0; orphaned < 2; orphaned++) {
		TRY(epoll_wait, epoll, p, 1, 0);
		TRY(epoll_wait, epoll, p, 0, 0);
		SHOW("epoll_pwait", epoll_pwait(epoll, p, 1, 0, &mask));
		SHOW("SYS_epoll_pwait", syscall(SYS_epoll_pwait, epoll, p, 1, 0, &mask, 8));
		SHOW("SYS_epoll_pwait, mask", syscall(SYS_epoll_pwait, epoll, &(struct epoll_event){0}, 1, 0, p, 8));
		SHOW("epoll_pwait2", epoll_pwait2(epoll, p, 1, &none, NULL));
		SHOW("epoll_pwait2, timeout", epoll_pwait2(epoll, &(struct epoll_event){0}, 1, p, NULL));
		if (orphaned)
			break;
		gone = dup(fd);
		MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, gone, &(struct epoll_event){.events = EPOLLOUT, .data.u64 = 9}));
		close(gone);
	}
	close(epoll);
}

static void others(int fd, void *p)
{
	SHOW("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	TRY(ioctl, fd, FIONREAD, p);
	TRY(fcntl, fd, F_GETLK, p);
	TRY(fcntl, fd, F_GETOWN_EX, p);
}

static long forked(long child)
{
	if (!child)
		_exit(0);
	return child > 0 ? waitpid((pid_t)child, NULL, __WALL) == child : child;
}

static void makers(void *p)
{
	SHOW("open", open(p, O_RDONLY));
	SHOW("open64", open64(p, O_RDONLY | O_CREAT, 0600));
	SHOW("openat", openat(AT_FDCWD, p, O_RDONLY));
	SHOW("openat64", openat64(AT_FDCWD, p, O_RDONLY));
	SHOW("creat", creat(p, 0600));
	SHOW("pipe", pipe(p));
	SHOW("pipe2", pipe2(p, 0));
	SHOW("memfd_create", closed(memfd_create(p, 0)));
	SHOW("fopen", fopen(p, "r") != NULL);
	SHOW("opendir", opendir(p) != NULL);
	SHOW("clone3", forked(syscall(SYS_clone3, p, 64)));
	SHOW("prctl", syscall(SYS_prctl, 22 /* PR_SET_SECCOMP */, 2, p, 0, 0));
	SHOW("seccomp", syscall(SYS_seccomp, 1, 0, p));
	SHOW("prlimit64, new", syscall(SYS_prlimit64, 0, RLIMIT_CORE, p, NULL));
	SHOW("prlimit64, old", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, p));
}

/* Every number, by its row. Those that make processes are tried above, and what waits for good is cut short. */
static const struct {
	const char *name, *family;
	long number;
} numbers[] = {
#define HOOK(name, family, effect, inside, ...) __VA_OPT__({#name, #family, __VA_ARGS__}, )
#define NUMBER(name, family, effect, number) {#name, #family, number},
#include "shim/model/hooks.def"
};

static void each_number(void *p)
{
	volatile long *told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!strcmp(numbers[i].family, "clone") || !strcmp(numbers[i].name, "fork"))
			continue;
		for (int which = 0; which < 6; which++) {
			pid_t child = MUST(fork());
			if (!child) {
				int ends[2];
				MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
				MUST(dup2(ends[0],
					  0)); /* some pointers are 0 as a number: fchmod must not have /dev/null */
				long a[6] = {ends[0], 1, 1, 1, 1, 1};
				signal(SIGALRM, SIG_DFL);
				signal(SIGSEGV, SIG_DFL);
				alarm(10);
				a[which] = (long)p;
				errno = told[1] = told[0] = 0;
				told[0] = syscall(numbers[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
				told[1] = errno;
				_exit(0);
			}
			int status;
			MUST(waitpid(child, &status, 0));
			dprintf(1, "%s, register %d is %s: %ld %s, status %x\n", numbers[i].name, which, where, told[0],
				strerrorname_np((int)told[1]), status);
		}
	}
	munmap((void *)told, PAGE);
}

/* What is received, or told, lies over what told where it should go. */
static void overlaps(int fd, int peer)
{
	union {
		struct msghdr m;
		char bytes[256];
	} message;
	char garbage[256];
	struct {
		socklen_t len, error, more;
	} asked = {0};

	where = "overlapping";
	for (int filled = 0; filled < 3; filled++)
		for (int many = 0; many < 2; many++) {
			struct mmsghdr *mm = (void *)&message;

			memset(garbage, "\0\177\377"[filled], sizeof garbage);
			memset(&message, 0, sizeof message);
			MUST((int)send(peer, garbage, sizeof garbage, 0));
			message.m.msg_iov = &(struct iovec){&message, sizeof message};
			message.m.msg_iovlen = 1;
			message.m.msg_control = message.bytes + 64;
			message.m.msg_controllen = 128;
			if (many)
				SHOW("recvmmsg", recvmmsg(fd, mm, 1, 0, NULL));
			else
				SHOW("recvmsg", recvmsg(fd, &message.m, 0));
			while (recv(fd, garbage, sizeof garbage, MSG_DONTWAIT) > 0)
				;
		}
	asked.len = sizeof(int);
	SHOW("getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, &asked.len, &asked.len));
	asked.len = sizeof(int);
	SHOW("getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, (char *)&asked + 2, &asked.len));
	dprintf(1, "%x %x\n", asked.len, asked.error);
}

int main(int argc, char **argv)
{
	bool by_row = argc > 1 && !strcmp(argv[1], "numbers");
	char path[] = "/tmp/hook_pointers-XXXXXX";
	char *page = mmap((void *)0x200000000000 /* the same always */, 4 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static long aligned[64];
	int ends[2], piped[2], file = MUST(mkstemp(path));
	struct sigaction action = {.sa_handler = crash, .sa_flags = SA_NODEFER};

	unlink(path);
	MUST(ftruncate(file, 10));
	MUST(mprotect(page + PAGE, PAGE, PROT_NONE));
	MUST(mprotect(page + 2 * PAGE, PAGE, PROT_READ));
	MUST(munmap(page + 3 * PAGE, PAGE));
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST(pipe(piped));
	MUST(fcntl(ends[0], F_SETFL, O_NONBLOCK));
	server = listener(&at);
	MUST(fcntl(server, F_SETFL, O_NONBLOCK));

	struct {
		const char *name;
		void *at;
		size_t room;
	} places[] = {
		{"null", NULL, 0},
		{"a member of null", (void *)8, 0},
		{"forbidden", page + PAGE, 0},
		{"unmapped", page + 3 * PAGE, 0},
		{"no address", (void *)0xdead000000000000, 0},
		{"2 bytes before the end", page + PAGE - 2, 2},
		{"4 bytes before the end", page + PAGE - 4, 4},
		{"8 bytes before the end", page + PAGE - 8, 8},
		{"16 bytes before the end", page + PAGE - 16, 16},
		{"odd", (char *)aligned + 1, 200},
		{"read only", page + 2 * PAGE, 0},
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		void *p = places[i].at;

		where = places[i].name;
		place = p;
		room = places[i].room;
		if (by_row) {
			if (!room && i % 2 == 0) /* of each sort one */
				each_number(p);
			continue;
		}
		for (family = AF_UNSPEC; family <= (room ? AF_INET : AF_UNSPEC); family++)
			addresses(p);
		family = AF_UNSPEC;
		acceptances(p);
		questions(ends[0], p);
		bytes(ends[0], ends[1], file, piped[0], p);
		waits(ends[0], p);
		others(ends[0], p);
		makers(p);
	}
	if (!by_row)
		overlaps(ends[0], ends[1]);
	return 0;
}

/* Calls that block, cancelled and interrupted: `hook_blocking pending|blocked|interrupted|asynchronous`. The output under the shim must be the one
 * without it: the same calls are cancellation points, and the same calls end with EINTR.
 * `hook_blocking closed NAME` closes every descriptor that a call may wait for while a thread waits in NAME.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>
#include <sys/epoll.h>
#include <stdbool.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);

static char byte[4];
static struct iovec iov = {byte, 1};
static int empty, filler, full, waiting, ready, out, piped[2], packed, backlog_full, file;
static struct sockaddr_un packed_name;
static socklen_t packed_len;

static struct msghdr *message(void)
{
	static __thread struct msghdr m;
	m = (struct msghdr){.msg_iov = &iov, .msg_iovlen = 1};
	return &m;
}

static struct mmsghdr *messages(void)
{
	static __thread struct mmsghdr m;
	m = (struct mmsghdr){.msg_hdr = *message()};
	return &m;
}

/* Each call twice: `free` would end at once, `stuck` would not. NULL: it cannot be made to block here. */
#define BOTH(id, stuck, free)                            \
	static long id##_stuck(void) { return (stuck); } \
	static long id##_free(void) { return (free); }
#define READS(id, call) BOTH(id, call(empty), call(ready))
#define R_read(fd) read(fd, byte, 1)
#define R_readv(fd) readv(fd, &iov, 1)
#define R_recv(fd) recv(fd, byte, 1, 0)
#define R_recvfrom(fd) recvfrom(fd, byte, 1, 0, NULL, NULL)
#define R_recvmsg(fd) recvmsg(fd, message(), 0)
#define R_recvmmsg(fd) recvmmsg(fd, messages(), 1, 0, NULL)
#define R_read_chk(fd) __read_chk(fd, byte, 1, 1)
#define R_recv_chk(fd) __recv_chk(fd, byte, 1, 1, 0)
#define R_recvfrom_chk(fd) __recvfrom_chk(fd, byte, 1, 1, 0, NULL, NULL)
#define R_splice(fd) splice(fd, NULL, piped[1], NULL, 1, 0)
#define R_syscall(fd) syscall(SYS_read, fd, byte, 1)
#define W_write(fd) write(fd, byte, 1)
#define W_writev(fd) writev(fd, &iov, 1)
#define W_send(fd) send(fd, byte, 1, 0)
#define W_sendto(fd) sendto(fd, byte, 1, 0, NULL, 0)
#define W_sendmsg(fd) sendmsg(fd, message(), 0)
#define W_sendmmsg(fd) sendmmsg(fd, messages(), 1, 0)
#define WRITES(id, call) BOTH(id, call(full), call(out))
READS(read, R_read)
READS(readv, R_readv)
READS(recv, R_recv)
READS(recvfrom, R_recvfrom)
READS(recvmsg, R_recvmsg)
READS(recvmmsg, R_recvmmsg)
READS(read_chk, R_read_chk)
READS(recv_chk, R_recv_chk)
READS(recvfrom_chk, R_recvfrom_chk)
READS(splice, R_splice)
READS(syscall, R_syscall)
WRITES(write, W_write)
WRITES(writev, W_writev)
WRITES(send, W_send)
WRITES(sendto, W_sendto)
WRITES(sendmsg, W_sendmsg)
WRITES(sendmmsg, W_sendmmsg)
BOTH(accept, accept(waiting, NULL, NULL), accept(backlog_full, NULL, NULL))
BOTH(accept4, accept4(waiting, NULL, NULL, SOCK_CLOEXEC), accept4(backlog_full, NULL, NULL, 0))
BOTH(connect, connect(packed, (struct sockaddr *)&packed_name, packed_len),
     connect(packed, (struct sockaddr *)&packed_name, 1))
static struct pollfd *polled(int fd)
{
	static __thread struct pollfd p;
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	return &p;
}

static fd_set *set_of(int fd)
{
	static __thread fd_set set;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	return &set;
}

#define R_poll(fd) poll(polled(fd), 1, -1)
#define R_ppoll(fd) ppoll(polled(fd), 1, NULL, NULL)
#define R_poll_chk(fd) __poll_chk(polled(fd), 1, -1, sizeof(struct pollfd))
#define R_ppoll_chk(fd) __ppoll_chk(polled(fd), 1, NULL, NULL, sizeof(struct pollfd))
#define R_select(fd) select(fd + 1, set_of(fd), NULL, NULL, NULL)
#define R_pselect(fd) pselect(fd + 1, set_of(fd), NULL, NULL, NULL, NULL)
READS(poll, R_poll)
READS(ppoll, R_ppoll)
READS(poll_chk, R_poll_chk)
READS(ppoll_chk, R_ppoll_chk)
READS(select, R_select)
READS(pselect, R_pselect)
static int set = -1;
static int in_epoll(int fd)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN});
	return set;
}

static __thread struct epoll_event handed_out;
#define R_epoll_wait(fd) epoll_wait(in_epoll(fd), &handed_out, 1, -1)
#define R_epoll_pwait(fd) epoll_pwait(in_epoll(fd), &handed_out, 1, -1, NULL)
#define R_epoll_pwait2(fd) epoll_pwait2(in_epoll(fd), &handed_out, 1, NULL, NULL)
READS(epoll_wait, R_epoll_wait)
READS(epoll_pwait, R_epoll_pwait)
READS(epoll_pwait2, R_epoll_pwait2)
static long close_free(void) { return close(dup(0)); }
static long socket_free(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long fcntl_free(void) { return fcntl(0, F_GETFD); }
static long dup_free(void) { return dup(0); }
static long shutdown_free(void) { return shutdown(out, SHUT_RD); }
static long sendfile_free(void) { return sendfile(out, file, &(off_t){0}, 1); }
static long system_free(void) { return system("true"); }

static const struct row {
	const char *name;
	long (*free)(void), (*stuck)(void);
} rows[] = {
#define ROW(id)                            \
	{                                  \
#id, id##_free, id##_stuck \
	}
#define FREE(id)                     \
	{                            \
#id, id##_free, NULL \
	}
	ROW(read),	   ROW(readv),	  ROW(recv),	     ROW(recvfrom),  ROW(recvmsg),    ROW(recvmmsg),
	ROW(read_chk),	   ROW(recv_chk), ROW(recvfrom_chk), ROW(splice),    ROW(syscall),    ROW(write),
	ROW(writev),	   ROW(send),	  ROW(sendto),	     ROW(sendmsg),   ROW(sendmmsg),   ROW(accept),
	ROW(accept4),	   ROW(connect),  ROW(poll),	     ROW(ppoll),     ROW(poll_chk),   ROW(ppoll_chk),
	ROW(select),	   ROW(pselect),  FREE(close),	     FREE(socket),   ROW(epoll_wait), ROW(epoll_pwait),
	ROW(epoll_pwait2), FREE(fcntl),	  FREE(dup),	     FREE(shutdown), FREE(sendfile),  FREE(system),
};
enum { ROWS = sizeof rows / sizeof *rows };

static volatile bool returned;
static volatile int thread_id;
static long result;
static int error;

static void *cancelled_before(void *call)
{
	pthread_cancel(pthread_self());
	((long (*)(void)) * (void **)call)();
	returned = true;
	return NULL;
}

static void *run(void *call)
{
	thread_id = gettid();
	result = ((long (*)(void)) * (void **)call)();
	error = errno;
	returned = true;
	return NULL;
}

/* A thread that may be cancelled anywhere is so inside syscall() too, which is no cancellation point. */
static long by_number(int row)
{
	fd_set set;
	struct pollfd p = {.fd = empty, .events = POLLIN};

	FD_ZERO(&set);
	FD_SET(empty, &set);
	switch (row) {
	case 0: return syscall(SYS_read, empty, byte, 1);
	case 1: return syscall(SYS_recvfrom, empty, byte, 1, 0, NULL, NULL);
	case 2: return syscall(SYS_recvmsg, empty, message(), 0);
	case 3: return syscall(SYS_write, full, byte, 1);
	case 4: return syscall(SYS_sendto, full, byte, 1, 0, NULL, 0);
	case 5: return syscall(SYS_accept4, waiting, NULL, NULL, 0);
	case 6: return syscall(SYS_ppoll, &p, 1, NULL, NULL, 8);
	case 8: return syscall(SYS_epoll_pwait, in_epoll(empty), &handed_out, 1, -1, NULL, 8);
	case 7: return syscall(SYS_pselect6, empty + 1, &set, NULL, NULL, NULL, NULL);
	default: return -2;
	}
}

static void *run_asynchronously(void *row)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	thread_id = gettid();
	by_number((int)(long)row);
	returned = true;
	return NULL;
}

/* Waits until the thread sleeps in a system call: nothing else makes this one sleep. */
static void until_asleep(void)
{
	char path[64], stat[512] = "";

	while (!thread_id)
		sched_yield();
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread_id);
	for (int asleep = 0; asleep < 3;) {
		FILE *f = fopen(path, "r");
		if (!f)
			return;
		if (!fgets(stat, sizeof stat, f))
			*stat = 0;
		fclose(f);
		char *at = strrchr(stat, ')');
		asleep = at && at[2] == 'S' ? asleep + 1 : 0;
		usleep(1000);
	}
}

static void nothing(int number) { (void)number; }

/* Sockets that are empty, full, and ready for as long as anyone likes. */
static void prepare(void)
{
	struct sockaddr_in at;
	int a[2], b[2], c[2], l;
	char block[4096] = "";

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, a));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, b));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, c));
	MUST(pipe(piped));
	empty = a[0];
	filler = a[1];
	full = b[0];
	out = c[0];
	ready = c[1];
	while (send(full, block, sizeof block, MSG_DONTWAIT) > 0)
		;
	while (send(full, block, 1, MSG_DONTWAIT) > 0)
		;
	for (int i = 0; i < 64; i++)
		MUST((int)send(out, block, 1, 0));
	waiting = listener(&at);
	backlog_full = listener(&at);
	for (int i = 0; i < 4; i++)
		client(&at);
	l = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	packed_name.sun_family = AF_UNIX;
	packed_len = sizeof packed_name.sun_family;
	MUST(bind(l, (struct sockaddr *)&packed_name, packed_len));
	packed_len = sizeof packed_name;
	MUST(getsockname(l, (struct sockaddr *)&packed_name, &packed_len));
	MUST(listen(l, 0));
	for (int i = 0; i < 1; i++)
		MUST(connect(MUST(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr *)&packed_name, packed_len));
	packed = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	char path[] = "/tmp/hook_blocking-XXXXXX";
	file = MUST(mkstemp(path));
	unlink(path);
	MUST(ftruncate(file, 10));
}

static void asynchronous(void)
{
	for (long row = 0; row < 9; row++) {
		pthread_t thread;
		void *end = NULL;

		returned = false;
		thread_id = 0;
		EXPECT(!pthread_create(&thread, NULL, run_asynchronously, (void *)row));
		until_asleep();
		pthread_cancel(thread);
		for (int i = 0; i < 100 && pthread_tryjoin_np(thread, &end); i++)
			usleep(20000);
		printf("%ld: %s\n", row, end == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
	}
}

static void closed(const char *name)
{
	for (int i = 0; i < ROWS; i++) {
		pthread_t thread;

		if (strcmp(rows[i].name, name) != 0)
			continue;
		EXPECT(!pthread_create(&thread, NULL, run, (void *)&rows[i].stuck));
		until_asleep();
		MUST(close(empty));
		MUST(close(full));
		MUST(close(waiting));
		MUST(close(packed));
		if (set >= 0)
			MUST(close(set));
		_exit(0);
	}
	EXPECT(!"a name that has a row");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct sigaction action = {.sa_handler = nothing};

	sigaction(SIGUSR1, &action, NULL);
	prepare();
	if (!strcmp(mode, "asynchronous")) {
		asynchronous();
		return 0;
	}
	if (!strcmp(mode, "closed")) {
		closed(argc > 2 ? argv[2] : "");
		return 0;
	}
	for (int i = 0; i < ROWS; i++) {
		bool pending = !strcmp(mode, "pending"), number = !strcmp(rows[i].name, "syscall");
		void *call = (void *)(pending ? rows[i].free : rows[i].stuck), *end;
		pthread_t thread;

		if (!call)
			continue;
		returned = false;
		thread_id = 0;
		EXPECT(!pthread_create(&thread, NULL, pending ? cancelled_before : run, &call));
		if (!pending)
			until_asleep();
		if (!strcmp(mode, "blocked"))
			pthread_cancel(thread);
		if (!strcmp(mode, "blocked") && number) { /* no cancellation point: it waits for its byte */
			usleep(20000);
			printf("%s: %s\n", rows[i].name, returned ? "returned" : "waits on");
			MUST((int)send(filler, "x", 1, 0));
		}
		if (!strcmp(mode, "interrupted")) {
			pthread_kill(thread, SIGUSR1);
			pthread_join(thread, &end);
			printf("%s = %ld %s\n", rows[i].name, result, result < 0 ? strerrorname_np(error) : "");
			continue;
		}
		pthread_join(thread, &end);
		printf("%s: %s, %s\n", rows[i].name, end == PTHREAD_CANCELED ? "cancelled" : "not cancelled",
		       returned ? "returned" : "did not return");
	}
	/* The table and the trace are sound after all of it. */
	close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
	return 0;
}

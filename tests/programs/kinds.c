/* Mistakes with a descriptor of a kind that is judged, and the habits that avoid them: see tests/hooks/kinds_test.py.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kinds.h"
#include "threads.h"

#include <spawn.h>
#include <stdbool.h>

static const char *former, *later;
static bool right;
static int number = -1;
static pthread_barrier_t step;

static void leak(void)
{
	int fd = make_kind(former);
	if (right)
		close(fd);
}

static void close_twice(void)
{
	int fd = make_kind(former);
	close(fd);
	if (!right)
		close(fd);
}

/* Between the two closes a stream has the number. */
static void close_after_stream(void)
{
	int fd = make_kind(former);
	close(fd);
	FILE *f = fopen("/dev/null", "re");
	EXPECT(f && fileno(f) == fd);
	fclose(f);
	if (!right)
		close(fd);
}

static void use_closed(void)
{
	int fd = make_kind(former);
	char byte;
	if (right)
		MUST(fcntl(fd, F_GETFL));
	close(fd);
	if (!right && read(fd, &byte, 1) < 0)
		perror("read");
}

/* Without close-on-exec it goes along to the shell, which may be told to use it. */
static void pass_on(const char *how)
{
	bool used = strstr(how, "used");
	int fd = make_kind(former);
	char command[32] = "exit 0";
	if (!right)
		MUST(fcntl(fd, F_SETFD, 0));
	if (used)
		sprintf(command, "exit 0 <&%d", fd);
	pid_t child;
	if (strstr(how, "spawn")) {
		char *argv[] = {"sh", "-c", command, NULL};
		EXPECT(!posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ));
	} else if (strstr(how, "system")) {
		EXPECT(system(command) == 0);
		close(fd);
		return;
	} else {
		child = MUST(strstr(how, "vfork") ? vfork() : fork());
		if (child == 0) {
			execl("/bin/sh", "sh", "-c", command, NULL);
			_exit(99);
		}
	}
	wait_for(child);
	close(fd);
}

/* Closes what it has closed before. */
static void former_owner(int unused)
{
	(void)unused;
	int fd = make_kind(former);
	number = fd;
	close(fd);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (!right)
		close(fd);
	pthread_barrier_wait(&step);
}

static void later_owner(void)
{
	struct worker worker;
	pthread_barrier_init(&step, NULL, 2);
	start(&worker, former_owner, -1);
	pthread_barrier_wait(&step);
	int fd = make_kind(later);
	EXPECT(fd == number);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	if (fcntl(fd, F_GETFL) < 0)
		perror("fcntl");
	close(fd);
	join(&worker);
}

static void interrupt(int unused) { (void)unused; }

static void waits(int fd)
{
	char bytes[256];
	struct epoll_event event;
	long got = strcmp(former, "epoll") ? read(fd, bytes, sizeof bytes) : epoll_wait(fd, &event, 1, -1);
	EXPECT(got == -1 && errno == EINTR);
}

/* It is closed while another thread waits for it, which only a signal wakes. */
static void close_in_use(void)
{
	struct sigaction action = {.sa_handler = interrupt};
	struct worker worker;
	int fd, ends[2] = {-1, -1};
	MUST(sigaction(SIGUSR1, &action, NULL));
	if (!strcmp(former, "pipe"))
		MUST(pipe2(ends, O_CLOEXEC));
	if (!strcmp(former, "socket"))
		MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	fd = ends[0] < 0 ? make_kind(former) : ends[0];
	start(&worker, waits, fd);
	until_inside(&worker, strcmp(former, "epoll") ? SYS_read : SYS_epoll_wait);
	if (!right)
		close(fd);
	EXPECT(!pthread_kill(worker.thread, SIGUSR1));
	join(&worker);
	if (right)
		close(fd);
	if (ends[1] >= 0)
		close(ends[1]);
}

/* So many that few numbers are left, all closed in the end. */
static void exhaust(void)
{
	enum { LIMIT = 64, NEAR = 60 };
	static int made[LIMIT];
	int n = 0;
	MUST(setrlimit(RLIMIT_NOFILE, &(struct rlimit){LIMIT, LIMIT}));
	while (!n || made[n - 1] < (right ? LIMIT / 2 : NEAR))
		made[n++] = make_kind(former);
	while (n > 0)
		close(made[--n]);
}

/* It is closed while a duplicate keeps it in an epoll set, which goes on to hand out its event. */
/* A descriptor of the kind, ready to be read where a new one is not. *other is what it takes, to be closed. */
static int make_ready(int *other)
{
	if (!strcmp(former, "pidfd")) {
		int child = MUST(fork());
		if (!child)
			_exit(0);
		return (int)MUST(syscall(SYS_pidfd_open, child, 0));
	}
	int fd = make_kind(former);
	if (!strcmp(former, "timerfd"))
		MUST(timerfd_settime(fd, 0, &(struct itimerspec){.it_value.tv_nsec = 1}, NULL));
	if (!strcmp(former, "inotify"))
		MUST(inotify_rm_watch(fd, MUST(inotify_add_watch(fd, "/", IN_ATTRIB))));
	if (!strcmp(former, "epoll")) {
		*other = MUST(eventfd(1, EFD_CLOEXEC));
		MUST(epoll_ctl(fd, EPOLL_CTL_ADD, *other, &(struct epoll_event){.events = EPOLLIN}));
	}
	if (!strcmp(former, "signalfd")) {
		sigset_t user;
		sigemptyset(&user);
		sigaddset(&user, SIGUSR1);
		MUST(sigprocmask(SIG_BLOCK, &user, NULL));
		EXPECT(MUST(signalfd(fd, &user, 0)) == fd);
		raise(SIGUSR1);
	}
	return fd;
}

static void stale_epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
	int other = -1, fd = make_ready(&other), set = MUST(epoll_create1(EPOLL_CLOEXEC)), copy;
	event.data.u64 = (uint64_t)fd;
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	copy = MUST(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (right)
		MUST(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
	close(fd);
	EXPECT(MUST(epoll_wait(set, &event, 1, right ? 10 : 1000)) == !right);
	close(copy);
	if (other >= 0)
		close(other);
	close(set);
}

int main(int argc, char **argv)
{
	EXPECT(argc >= 3);
	former = argv[2];
	right = !strcmp(argv[argc - 1], "right");
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(argv[1], "leak")) {
		leak();
	} else if (!strcmp(argv[1], "close_twice")) {
		close_twice();
	} else if (!strcmp(argv[1], "close_after_stream")) {
		close_after_stream();
	} else if (!strcmp(argv[1], "use_closed")) {
		use_closed();
	} else if (!strcmp(argv[1], "close_in_use")) {
		close_in_use();
	} else if (!strcmp(argv[1], "exhaust")) {
		exhaust();
	} else if (!strcmp(argv[1], "stale_epoll")) {
		stale_epoll();
	} else if (!strncmp(argv[1], "pass", 4)) {
		pass_on(argv[1]);
	} else {
		EXPECT(argc >= 4);
		for (int i = 3; i < argc - right; i++) {
			later = argv[i];
			later_owner();
		}
	}
	return 0;
}

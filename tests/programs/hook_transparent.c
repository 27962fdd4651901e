/* What a host can see of its calls: results, errno, descriptor numbers, limits. `hook_transparent SCENE`; the output under the shim must
 * be the one without it. Calls that could crash run in a child each, so that one crash hides no other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>
#include <dlfcn.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

/* What the compiler warns of is what is tried here. */
#pragma GCC diagnostic ignored "-Wnonnull"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

static void shown(const char *what, long result, int error)
{
	dprintf(1, "%s = %ld %s\n", what, result,
		error == 12345 ? "(untouched)"
		: error	       ? strerrorname_np(error)
			       : "(zero)");
}

#define SHOW(call)                            \
	do {                                  \
		errno = 12345;                \
		long result_ = (long)(call);  \
		shown(#call, result_, errno); \
	} while (0)

/* The same in a child. */
#define TRY(call)                                                                          \
	do {                                                                               \
		pid_t child_ = fork();                                                     \
		int status_;                                                               \
		if (!child_) {                                                             \
			SHOW(call);                                                        \
			_exit(0);                                                          \
		}                                                                          \
		MUST(waitpid(MUST(child_), &status_, 0));                                  \
		if (status_)                                                               \
			dprintf(1, "%s: killed by signal %d\n", #call, WTERMSIG(status_)); \
	} while (0)

static void *nowhere;	    /* an address that the kernel refuses */
static void *null_and_more; /* a null pointer, and a member's offset */

/* Arguments that the kernel refuses or ignores. */
static void scene_refused(void)
{
	struct sockaddr_in at, addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof addr, zero = 0, huge = 0x80000000;
	int l = listener(&at), c = client(&at), s = MUST(socket(AF_INET, SOCK_STREAM, 0)),
	    u = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	int d = MUST(socket(AF_INET, SOCK_DGRAM, 0)), value, pair[2];
	struct iovec iov = {&value, 1}, bad_iov = {nowhere, 10};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1}, bad_control = message, bad_name = message,
		      bad_data = message;
	char control[CMSG_SPACE(sizeof(int))] = "";

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	MUST(fcntl(l, F_SETFL, O_NONBLOCK));
	for (int i = 0; i < 10; i++)
		client(&at); /* for those that an accept takes, and fails */
	bad_control.msg_control = nowhere;
	bad_control.msg_controllen = 100;
	bad_name.msg_name = nowhere;
	bad_name.msg_namelen = 16;
	bad_data.msg_iov = &bad_iov;

	TRY(socket(-1, -1, -1));
	TRY(socket(AF_INET, 0x7fffffff, 0));
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
	TRY(bind(s, NULL, 0));
	TRY(bind(s, NULL, sizeof addr));
	TRY(bind(s, nowhere, sizeof addr));
	TRY(bind(s, (struct sockaddr *)&addr, 1));
	TRY(bind(s, (struct sockaddr *)&addr, huge));
	TRY(bind(u, (struct sockaddr *)&un, sizeof(sa_family_t)));
	TRY(bind(-1, NULL, 0));
	TRY(connect(s, NULL, 0));
	TRY(connect(s, NULL, sizeof addr));
	TRY(connect(s, nowhere, sizeof addr));
	TRY(connect(s, (struct sockaddr *)&addr, 1));
	TRY(connect(s, (struct sockaddr *)&addr, huge));
	TRY(connect(c, NULL, 0));
	TRY(connect(u, NULL, 0));
	TRY(connect(d, NULL, 0));
	TRY(connect(d, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
	TRY(connect(d, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(sa_family_t)));
	TRY(listen(socket(AF_INET, SOCK_STREAM, 0), -1));
	TRY(listen(d, 1));
	TRY(accept(s, null_and_more, null_and_more));
	TRY(accept(-1, NULL, NULL));
	TRY(accept4(s, NULL, NULL, -1));
	TRY(accept4(s, NULL, nowhere, 0));
	TRY(accept(0, NULL, NULL));
	TRY(accept4(l, (struct sockaddr *)&addr, NULL, 0));
	TRY(accept4(l, (struct sockaddr *)&addr, null_and_more, 0));
	TRY(accept(l, nowhere, &len));
	TRY(accept(l, NULL, nowhere));
	TRY(accept(l, (struct sockaddr *)&addr, &zero));
	TRY(accept(l, (struct sockaddr *)&addr, &huge));
	TRY(shutdown(c, 77));
	TRY(shutdown(c, -1));
	TRY(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, NULL, 0));
	TRY(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, nowhere, 4));
	TRY(setsockopt(s, -1, -1, &value, 4));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, NULL));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, &value, NULL));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, &value, nowhere));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, &len));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, nowhere, &len));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, &zero));
	TRY(getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &huge));
	TRY(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &zero));

	TRY(close(-1));
	TRY(close(0x7fffffff));
	TRY(close_range(10, 5, 0));
	TRY(close_range(0xfffffff0u, 0xffffffffu, 0));
	TRY(close_range(100, 200, 0x80));
	TRY(close_range(0, 0, 0x80));
	TRY((closefrom(0x7fffffff), 0));
	TRY(dup(-1));
	TRY(dup2(s, -1));
	TRY(dup2(-1, s));
	TRY(dup2(s, 0x7fffffff));
	TRY(dup2(s, s));
	TRY(dup3(s, s, 0));
	TRY(dup3(s, 50, -1));
	TRY(fcntl(s, F_DUPFD, -1));
	TRY(fcntl(s, F_DUPFD, 0x7fffffff));
	TRY(fcntl(s, -1, 0));
	TRY(fcntl(s, F_SETLK, NULL));
	TRY(fcntl(-1, F_GETFD));
	TRY(fcntl(s, F_GETOWN));
	TRY(fcntl64(s, F_GETLK, nowhere));
	TRY(ioctl(s, FIONREAD, NULL));
	TRY(ioctl(s, FIONREAD, nowhere));
	TRY(ioctl(s, 0, 0));

	TRY(read(c, NULL, 0));
	TRY(read(pair[0], nowhere, 0));
	TRY(write(c, NULL, 0));
	TRY(write(c, nowhere, 10));
	TRY(readv(c, NULL, 0));
	TRY(readv(c, NULL, -1));
	TRY(readv(pair[0], nowhere, 1));
	TRY(writev(c, NULL, 1));
	TRY(writev(c, &bad_iov, 1));
	TRY(recv(c, NULL, 0, MSG_DONTWAIT));
	TRY(recv(c, nowhere, 5, MSG_DONTWAIT));
	TRY(recvfrom(c, &value, 1, MSG_DONTWAIT, NULL, nowhere));
	TRY(recvfrom(c, &value, 1, MSG_DONTWAIT, (struct sockaddr *)&addr, NULL));
	TRY(send(c, NULL, 0, 0));
	TRY(send(c, nowhere, 5, 0));
	TRY(send(c, &value, 1, -1));
	TRY(sendto(d, &value, 1, 0, NULL, 16));
	TRY(sendto(d, &value, 1, 0, nowhere, 16));
	TRY(sendto(d, &value, 1, 0, NULL, 0));
	TRY(sendmsg(c, NULL, 0));
	TRY(sendmsg(c, nowhere, 0));
	TRY(sendmsg(c, &bad_control, 0));
	TRY(sendmsg(d, &bad_name, 0));
	TRY(sendmsg(c, &bad_data, 0));
	TRY(sendmmsg(c, NULL, 0, 0));
	TRY(sendmmsg(c, NULL, 1, 0));
	TRY(sendmmsg(c, nowhere, 1, 0));
	TRY(recvmsg(c, NULL, MSG_DONTWAIT));
	TRY(recvmsg(c, nowhere, MSG_DONTWAIT));
	TRY(recvmsg(c, &bad_data, MSG_DONTWAIT));
	TRY(recvmmsg(c, NULL, 0, MSG_DONTWAIT, NULL));
	TRY(recvmmsg(c, NULL, 1, MSG_DONTWAIT, NULL));
	TRY(recvmmsg(c, nowhere, 1, MSG_DONTWAIT, nowhere));
	TRY(sendfile(c, -1, NULL, 1));
	TRY(sendfile(c, 0, nowhere, 1));
	TRY(sendfile64(-1, -1, NULL, 1));
	TRY(splice(c, NULL, s, NULL, 1, 0));
	TRY(splice(c, nowhere, s, nowhere, 1, 0));
	TRY(splice(-1, NULL, -1, NULL, 1, 0));

	/* An environment that is nowhere, one of whose entries is, whose last entry never ends, or which itself never does. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *endless = page + 4096 - 12;
	char *none[] = {NULL}, *bad_entry[] = {"A=1", nowhere, NULL}, *endless_entry[] = {"A=1", endless, NULL},
	     *low_entry[] = {(char *)8, NULL}, *lowest_entry[] = {(char *)1, NULL},
	     **endless_array = (char **)(page + 4096) - 2;
	pid_t spawned;

	MUST(mprotect(page + 4096, 4096, PROT_NONE));
	for (int i = 0; i < 2; i++) {
		memcpy(endless, i ? "LD_PRELOAD=x" : "PATH=/bin:/b", 12);
		TRY(execve("/bin/true", none, endless_entry));
		TRY(execvpe("true", none, endless_entry));
		TRY(posix_spawn(&spawned, "/bin/true", NULL, NULL, none, endless_entry));
	}
	TRY(execve("/bin/true", none, nowhere));
	TRY(execve("/bin/true", none, (void *)0x800000000000));
	TRY(execve("/bin/true", none, bad_entry));
	TRY(execve("/bin/true", none, low_entry));
	TRY(execve("/bin/true", none, lowest_entry));
	char *volatile low_path = (char *)1;
	TRY(execve(low_path, none, lowest_entry));
	TRY(execle("/bin/true", "true", NULL, bad_entry));
	TRY(execvpe("true", none, bad_entry));
	TRY(fexecve(0, none, bad_entry));
	TRY(execveat(AT_FDCWD, "/bin/true", none, bad_entry, 0));
	TRY(posix_spawn(&spawned, "/bin/true", NULL, NULL, none, nowhere));
	TRY(posix_spawn(&spawned, "/bin/true", NULL, NULL, none, bad_entry));
	TRY(posix_spawnp(&spawned, "true", NULL, NULL, none, low_entry));
	TRY(posix_spawnp(&spawned, "true", NULL, NULL, none, lowest_entry));
	TRY(syscall(SYS_execve, "/bin/true", none, bad_entry));
	endless_array[0] = endless_array[1] = "A=1";
	TRY(execve("/bin/true", none, endless_array));
	TRY(execve(memset(page, '/', 4096), none, none)); /* a path without an end */
	TRY(execve(NULL, NULL, NULL));
	TRY(execve("/nonexistent", NULL, NULL));
	TRY(execv("/nonexistent", NULL));
	TRY(execveat(-1, "", NULL, NULL, AT_EMPTY_PATH));
	TRY(fexecve(-1, NULL, NULL));
	TRY(fexecve(0, none, NULL));
	TRY(system(NULL));
	TRY(popen("true", "bad mode"));
	TRY(daemon(0, 0) == -1);

	/* A message whose rights fit and one whose ancillary data lies. */
	message.msg_control = control;
	message.msg_controllen = sizeof control;
	((struct cmsghdr *)control)->cmsg_len = 3;
	TRY(sendmsg(pair[0], &message, 0));
	((struct cmsghdr *)control)->cmsg_len = 4000;
	TRY(sendmsg(pair[0], &message, 0));
}

/* Numbers: which the host is given, how many it gets, what it finds in /proc/self/fd. */
static int in_use(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3; /* ".", ".." and the folder itself */

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void scene_numbers(void)
{
	int first = MUST(socket(AF_INET, SOCK_STREAM, 0)), ends[2];

	dprintf(1, "socket %d\n", first);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	dprintf(1, "socketpair %d %d\n", ends[0], ends[1]);
	MUST(pipe(ends));
	dprintf(1, "pipe %d %d\n", ends[0], ends[1]);
	close(first);
	dprintf(1, "open %d\n", MUST(open("/dev/null", O_RDONLY)));
	dprintf(1, "dup %d\n", MUST(dup(0)));
	dprintf(1, "from 100: %d\n", MUST(fcntl(0, F_DUPFD, 100)));
	pid_t child = fork();
	if (!child) {
		dprintf(1, "in a child: socket %d\n", MUST(socket(AF_INET, SOCK_STREAM, 0)));
		_exit(0);
	}
	wait_for(child);
	for (int i = 0; i < 50; i++)
		MUST(socket(AF_INET, SOCK_STREAM, 0));
	dprintf(1, "after fifty: %d\n", MUST(socket(AF_INET, SOCK_STREAM, 0)));
}

/* One number on a line of its own, which the test compares with a tolerance of one. */
static void scene_count(void)
{
	close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
	dprintf(1, "%d\n", in_use());
}

static int exhaust(void)
{
	int n = 0;

	while (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		n++;
	dprintf(1, "%s after %d, next dup %d\n", strerrorname_np(errno), n, dup(0));
	return n;
}

/* `limit SOFT HARD`. */
static void scene_limit(int soft, int hard)
{
	MUST(socket(AF_INET, SOCK_STREAM, 0)); /* the trace is there by now */
	MUST(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)soft, (rlim_t)hard}));
	int n = exhaust();
	pid_t child = fork();
	if (!child) {
		dprintf(1, "in a child: ");
		for (int fd = 3; fd < n; fd++)
			close(fd);
		exhaust();
		_exit(0);
	}
	wait_for(child);
	struct rlimit now;
	getrlimit(RLIMIT_NOFILE, &now);
	dprintf(1, "limits %ld %ld\n", (long)now.rlim_cur, (long)now.rlim_max);
}

static void limit_to(const char *how, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {soft, hard};
	struct rlimit64 limit64 = {soft, hard};

	if (!strcmp(how, "setrlimit"))
		MUST(setrlimit(RLIMIT_NOFILE, &limit));
	else if (!strcmp(how, "setrlimit64"))
		MUST(setrlimit64(RLIMIT_NOFILE, &limit64));
	else if (!strcmp(how, "prlimit"))
		MUST(prlimit(0, RLIMIT_NOFILE, &limit, NULL));
	else if (!strcmp(how, "prlimit64"))
		MUST(prlimit64(getpid(), RLIMIT_NOFILE, &limit64, NULL));
	else
		MUST((int)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit64, NULL));
}

/* The limit is raised while sockets are open, past what the table of low numbers holds: `raised HOW HARD`. */
static void scene_raised(const char *how, int hard)
{
	int first = MUST(socket(AF_INET, SOCK_STREAM, 0)), n = exhaust(), last;

	for (int soft = first + n + 2; soft < 8192; soft *= 3) {
		limit_to(how, (rlim_t)soft, (rlim_t)hard);
		n += exhaust();
	}
	limit_to(how, (rlim_t)hard, (rlim_t)hard);
	last = MUST(dup2(first, hard - 1));
	dprintf(1, "%d sockets, the last number is %d\n", n, last);
	close(last);
	for (int fd = first; fd < hard; fd++)
		close(fd);
}

/* The host closes everything, in its way, and goes on: `sweep WAY`. */
static void scene_sweep(const char *way)
{
	int bad = 0, good = 0, limit = 1200;
	struct sockaddr_in at;

	connection((int[2]){0, 0});
	if (!strcmp(way, "loop") || !strcmp(way, "limit")) {
		if (way[1] == 'i')
			limit = (int)sysconf(_SC_OPEN_MAX);
		for (int fd = 3; fd < limit; fd++)
			close(fd) ? bad++ : good++;
	} else if (!strcmp(way, "down")) {
		for (int fd = limit - 1; fd >= 3; fd--)
			close(fd) ? bad++ : good++;
	} else if (!strcmp(way, "closefrom")) {
		errno = 12345;
		closefrom(3);
		dprintf(1, "errno %d\n", errno);
	} else if (!strcmp(way, "close_range")) {
		SHOW(close_range(3, ~0u, 0));
	} else if (!strcmp(way, "syscall")) {
		for (int fd = 3; fd < limit; fd++)
			syscall(SYS_close, fd) ? bad++ : good++;
	} else if (!strcmp(way, "dup2")) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 3; fd < limit; fd++)
			if (fd != null)
				dup2(null, fd) == fd ? good++ : bad++;
		for (int fd = 3; fd < limit; fd++)
			close(fd);
	} else if (!strcmp(way, "dup3")) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 3; fd < limit; fd++)
			if (fd != null)
				dup3(null, fd, O_CLOEXEC) == fd ? good++ : bad++;
		for (int fd = 3; fd < limit; fd++)
			close(fd);
	}
	dprintf(1, "%d went, %d were not there\n", good, bad);
	int l = listener(&at);
	dprintf(1, "the next one is %d\n", l);
	close(l);
	exit(0);
}

/* A peer that is gone before it was accepted: whether the host asks for its address or not. */
static void scene_gone(void)
{
	struct linger hard = {1, 0};

	for (int ask = 0; ask < 2; ask++) {
		struct sockaddr_un un = {.sun_family = AF_UNIX};
		struct sockaddr_storage peer;
		struct sockaddr_in at;
		socklen_t len = sizeof peer, size = sizeof un;
		int l = listener(&at), c = client(&at), u = MUST(socket(AF_UNIX, SOCK_STREAM, 0)),
		    v = MUST(socket(AF_UNIX, SOCK_STREAM, 0));

		MUST(setsockopt(c, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
		close(c);
		SHOW(accept(l, ask ? (struct sockaddr *)&peer : NULL, ask ? &len : NULL) >= 0);
		c = client(&at);
		close(c);
		SHOW(accept4(l, ask ? (struct sockaddr *)&peer : NULL, ask ? &len : NULL, SOCK_CLOEXEC) >= 0);
		MUST(bind(u, (struct sockaddr *)&un, sizeof un.sun_family));
		MUST(getsockname(u, (struct sockaddr *)&un, &size));
		MUST(listen(u, 5));
		MUST(connect(v, (struct sockaddr *)&un, size));
		close(v);
		len = sizeof peer;
		SHOW(accept(u, ask ? (struct sockaddr *)&peer : NULL, ask ? &len : NULL) >= 0);
		dprintf(1, "length %u\n", ask ? len : 0);
	}
}

/* Hooks on the smallest stacks that a host may have: a thread's, and a signal handler's. */
static void work(void)
{
	int ends[2], fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), e = errno;

	close(MUST(dup(fd)));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST((int)send(ends[0], "x", 1, 0));
	MUST((int)read(ends[1], &e, 1));
	close(ends[0]);
	close(ends[1]);
	close(fd);
	close(fd);
}

/* What starts programs, with an environment that is larger than the stack. */
static void start_large(void)
{
	static char *many[4000], *const argv[] = {"true", NULL};
	pid_t pid;
	int status;

	for (int i = 0; i < 3999; i++)
		many[i] = "MANY=1";
	EXPECT(execve("/missing", argv, many) < 0 && errno == ENOENT);
	EXPECT(!posix_spawn(&pid, "/bin/true", NULL, NULL, argv, many));
	EXPECT(waitpid(pid, &status, 0) == pid && !status);
	if (!(pid = vfork())) {
		execve("/bin/true", argv, many);
		_exit(1);
	}
	EXPECT(waitpid(pid, &status, 0) == pid && !status);
}

static void *small_thread(void *large)
{
	work();
	if (large)
		start_large();
	return NULL;
}

static void small_handler(int number)
{
	(void)number;
	work();
}

static void scene_stacks(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	size_t page = 4096, room = (size_t)sysconf(_SC_SIGSTKSZ);
	char *guarded = mmap(NULL, page + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(mprotect(guarded, page, PROT_NONE));
	MUST(sigaltstack(&(stack_t){.ss_sp = guarded + page, .ss_size = room}, NULL));
	struct sigaction action = {.sa_handler = small_handler, .sa_flags = SA_ONSTACK};
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	dprintf(1, "a handler on a small stack went well\n");
	pthread_attr_init(&attr);
	EXPECT(!pthread_attr_setstacksize(&attr, 16384)); /* PTHREAD_STACK_MIN */
	EXPECT(!pthread_create(&thread, &attr, small_thread, guarded));
	pthread_join(thread, NULL);
	dprintf(1, "a small thread went well\n");
}

/* A thread is cancelled inside system(3), in a program that emptied its environment. */
static void *run_system(void *arg)
{
	(void)arg;
	return (void *)(long)system("exec sleep 30");
}

static void scene_cancelled_system(void)
{
	pthread_t thread;
	void *result;

	clearenv();
	pthread_create(&thread, NULL, run_system, NULL);
	usleep(200000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	pthread_create(&thread, NULL, small_thread, NULL); /* its stack lies where the other's was */
	pthread_join(thread, NULL);
	dprintf(1, "%s, %s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled",
		getenv("PATH") ? "an environment" : "none");
	setenv("A", "1", 1);
	dprintf(1, "A=%s\n", getenv("A"));
}

/* A thread adds to the environment while another is inside system(3), in a program that took the shim out of it. */
static void *add_to_environment(void *arg)
{
	usleep(100000);
	setenv("ADDED", "1", 1);
	return arg;
}

static __attribute__((noinline)) void scribble(void)
{
	char over[65536];

	memset(over, 'A', sizeof over);
	__asm__ volatile("" ::"r"(over) : "memory");
}

static void scene_shared_environment(void)
{
	extern char **environ;
	pthread_t thread;
	char line[8];

	unsetenv("LD_PRELOAD");
	unsetenv("SOCKSAN_OPTIONS");
	pthread_create(&thread, NULL, add_to_environment, NULL);
	SHOW(system("sleep 0.3"));
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, add_to_environment, NULL);
	FILE *f = popen("sleep 0.3; echo done", "r");
	pthread_join(thread, NULL);
	SHOW(fgets(line, sizeof line, f) != NULL);
	SHOW(pclose(f));
	scribble();
	for (char **entry = environ; *entry; entry++)
		if (!strchr(*entry, '=') || !strncmp(*entry, "LD_PRELOAD=", 11) || !strncmp(*entry, "ADDED=", 6))
			dprintf(1, "%s\n", *entry);
}

/* A library that nothing else needs, with a socket made while it is there. */
static void scene_unloaded(void)
{
	for (int i = 0; i < 3; i++) {
		void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
		close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
		SHOW(dlclose(library));
		SHOW(dlopen("libm.so.6", RTLD_NOW | RTLD_NOLOAD) != NULL);
	}
}

/* Where libc's function makes something else of what the kernel says: the owner of a descriptor is a negative number when it is a
 * group, and what is left of a timeout is told. */
static void scene_raw(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	struct timespec rest = {.tv_sec = 100};
	struct timeval left = {.tv_sec = 100};
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	fd_set set;

	unshare(CLONE_NEWPID); /* where that is allowed, the group is number 1: an owner that looks like an error */
	pid_t child = fork();
	if (!child) {
		setsid();
		MUST(fcntl(fd, F_SETOWN, -getpgrp()));
		errno = 12345;
		long owner = syscall(SYS_fcntl, fd, F_GETOWN);
		dprintf(1, "owner %s, errno %s\n",
			owner == -1	      ? "-1"
			: owner == -getpgrp() ? "the group"
					      : "another",
			errno == 12345 ? "(untouched)" : strerrorname_np(errno));
		_exit(0);
	}
	wait_for(child);
	MUST((int)syscall(SYS_ppoll, &p, 1, &rest, NULL, 8));
	dprintf(1, "ppoll leaves %ld s\n", (long)rest.tv_sec);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	MUST((int)syscall(SYS_pselect6, fd + 1, NULL, &set, NULL, &rest, NULL));
	dprintf(1, "pselect6 leaves %ld s\n", (long)rest.tv_sec);
	FD_SET(fd, &set);
	MUST((int)syscall(SYS_select, fd + 1, NULL, &set, NULL, &left));
	dprintf(1, "select leaves %ld s\n", (long)left.tv_sec);
	SHOW(syscall(-1));
	SHOW(syscall(100000));
}

int main(int argc, char **argv)
{
	const char *scene = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IONBF, 0);
	null_and_more = (void *)8;
	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(scene, "refused"))
		scene_refused();
	else if (!strcmp(scene, "raw"))
		scene_raw();
	else if (!strcmp(scene, "numbers"))
		scene_numbers();
	else if (!strcmp(scene, "count"))
		scene_count();
	else if (!strcmp(scene, "limit"))
		scene_limit(atoi(argv[2]), atoi(argv[3]));
	else if (!strcmp(scene, "raised"))
		scene_raised(argv[2], atoi(argv[3]));
	else if (!strcmp(scene, "sweep"))
		scene_sweep(argv[2]);
	else if (!strcmp(scene, "gone"))
		scene_gone();
	else if (!strcmp(scene, "unloaded"))
		scene_unloaded();
	else if (!strcmp(scene, "stacks"))
		scene_stacks();
	else if (!strcmp(scene, "shared_environment"))
		scene_shared_environment();
	else if (!strcmp(scene, "cancelled_system"))
		scene_cancelled_system();
	else
		return 95;
	return 0;
}

/* Every function that makes descriptors, at the limit of descriptors: each number that the host gets, and then the failure. The output
 * under the shim must be the one without it.
 *
 *   hook_makers [LIMIT]
 *   hook_makers kept [odd]  after a call that lets the shim keep a descriptor of its own; odd: one number more is to be had
 *   hook_makers churn N  makes and closes, and tells of each number that was among the last N that were closed
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>
#include <mqueue.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

/* What fortified programs call; no header declares them without _FORTIFY_SOURCE. */
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int pidfd_open(pid_t, unsigned);
int pidfd_getfd(int, int, unsigned);

enum { LEFT = 5 };
static char folder[] = "/tmp/hook_makers-XXXXXX", path[64];
static int waiting, self, alone, kept, odd, ends[2];
static sigset_t signals;

static int of(FILE *f) { return f ? fileno(f) : -1; }
static int of_folder(DIR *d) { return d ? dirfd(d) : -1; }
static int first(int failed) { return failed ? -1 : ends[0]; }

static char *name(const char *end)
{
	snprintf(path, sizeof path, "%s/%sXXXXXX%s", folder, end, end);
	return path;
}

/* What was made there has the mode that was asked for. */
static int moded(int fd)
{
	struct stat st;

	if (fd >= 0) {
		MUST(fstat(fd, &st));
		dprintf(1, "mode %o, ", st.st_mode & 0777);
		unlink(path);
	}
	return fd;
}

/* The name is free again, whoever was at it before. */
static int shared(int fd)
{
	shm_unlink("/hook_makers");
	return fd;
}
static int queue(int fd)
{
	mq_unlink("/hook_makers");
	return fd;
}

/* The child ends at once. */
static int master(int *fd, int pid)
{
	if (!pid)
		_exit(0);
	if (pid > 0)
		wait_for(pid);
	return pid < 0 ? -1 : *fd;
}

#define FILE_MODE O_RDWR | O_CREAT | O_EXCL, 0640
#define IN_FOLDER O_RDWR | O_TMPFILE, 0604
static const char *fresh(void)
{
	snprintf(path, sizeof path, "%s/file", folder);
	return path;
}

/* MAKER(id, kind, call): what `call` makes, a kind of kind.def; `same` as what it duplicates. BOTH(name, kind, argument...): the function,
 * and then its number through syscall(2) with the same arguments, which must write the same lines. */
#define BOTH(name, kind, ...)                \
	MAKER(name, kind, name(__VA_ARGS__)) \
	MAKER(raw_##name, kind, syscall(SYS_##name, __VA_ARGS__))
#define MAKERS                                                                                            \
	BOTH(socket, socket, AF_INET, SOCK_STREAM, 0)                                                     \
	MAKER(socketpair, socket, first(socketpair(AF_UNIX, SOCK_STREAM, 0, ends)))                       \
	MAKER(accept, socket, accept(waiting, NULL, NULL))                                                \
	BOTH(accept4, socket, waiting, NULL, NULL, 0)                                                     \
	BOTH(dup, same, 0)                                                                                \
	MAKER(fcntl, same, fcntl(0, F_DUPFD, 0))                                                          \
	MAKER(fcntl_socket, same, fcntl(waiting, F_DUPFD_CLOEXEC, 3))                                     \
	MAKER(fcntl64, same, fcntl64(0, F_DUPFD_CLOEXEC, 0))                                              \
	MAKER(open, file, open("/dev/null", O_RDONLY))                                                    \
	MAKER(open_mode, file, moded(open(fresh(), FILE_MODE)))                                           \
	MAKER(open_unnamed, file, moded(open(folder, IN_FOLDER)))                                         \
	MAKER(open64, file, moded(open64(fresh(), FILE_MODE)))                                            \
	MAKER(openat, file, moded(openat(AT_FDCWD, fresh(), FILE_MODE)))                                  \
	MAKER(openat64, file, moded(openat64(AT_FDCWD, fresh(), FILE_MODE)))                              \
	MAKER(__open_2, file, __open_2("/dev/null", O_RDONLY))                                            \
	MAKER(__open64_2, file, __open64_2("/dev/null", O_RDONLY))                                        \
	MAKER(__openat_2, file, __openat_2(AT_FDCWD, "/dev/null", O_RDONLY))                              \
	MAKER(__openat64_2, file, __openat64_2(AT_FDCWD, "/dev/null", O_RDONLY))                          \
	MAKER(creat, file, moded(creat(fresh(), 0620)))                                                   \
	MAKER(creat64, file, moded(creat64(fresh(), 0602)))                                               \
	MAKER(pipe, pipe, first(pipe(ends)))                                                              \
	MAKER(pipe2, pipe, first(pipe2(ends, O_CLOEXEC)))                                                 \
	MAKER(eventfd, eventfd, eventfd(0, 0))                                                            \
	MAKER(epoll_create, epoll, epoll_create(1))                                                       \
	MAKER(epoll_create1, epoll, epoll_create1(0))                                                     \
	MAKER(timerfd_create, timerfd, timerfd_create(CLOCK_MONOTONIC, 0))                                \
	MAKER(signalfd, signalfd, signalfd(-1, &signals, 0))                                              \
	MAKER(inotify_init, inotify, inotify_init())                                                      \
	MAKER(inotify_init1, inotify, inotify_init1(0))                                                   \
	BOTH(memfd_create, memfd, "x", 0)                                                                 \
	MAKER(fanotify_init, other, fanotify_init(FAN_CLASS_NOTIF, O_RDONLY))                             \
	BOTH(pidfd_open, pidfd, getpid(), 0)                                                              \
	MAKER(pidfd_getfd, socket, pidfd_getfd(self, waiting, 0))                                         \
	MAKER(shm_open, file, shared(shm_open("/hook_makers", O_RDWR | O_CREAT, 0600)))                   \
	MAKER(mq_open, other, queue(mq_open("/hook_makers", O_RDWR | O_CREAT, 0600, NULL)))               \
	MAKER(posix_openpt, terminal, posix_openpt(O_RDWR | O_NOCTTY))                                    \
	MAKER(getpt, terminal, getpt())                                                                   \
	MAKER(openpty, terminal, first(openpty(&ends[0], &ends[1], NULL, NULL, NULL)))                    \
	MAKER(forkpty, terminal, master(&alone, forkpty(&alone, NULL, NULL, NULL)))                       \
	MAKER(fopen, file, of(fopen("/dev/null", "r")))                                                   \
	MAKER(fopen64, file, of(fopen64("/dev/null", "r")))                                               \
	MAKER(tmpfile, file, of(tmpfile()))                                                               \
	MAKER(tmpfile64, file, of(tmpfile64()))                                                           \
	MAKER(opendir, dir, of_folder(opendir("/")))                                                      \
	MAKER(mkstemp, file, moded(mkstemp(name(""))))                                                    \
	MAKER(mkstemp64, file, moded(mkstemp64(name(""))))                                                \
	MAKER(mkostemp, file, moded(mkostemp(name(""), O_CLOEXEC)))                                       \
	MAKER(mkostemp64, file, moded(mkostemp64(name(""), O_CLOEXEC)))                                   \
	MAKER(mkstemps, file, moded(mkstemps(name(".end"), 4)))                                           \
	MAKER(mkstemps64, file, moded(mkstemps64(name(".end"), 4)))                                       \
	MAKER(mkostemps, file, moded(mkostemps(name(".end"), 4, O_CLOEXEC)))                              \
	MAKER(mkostemps64, file, moded(mkostemps64(name(".end"), 4, O_CLOEXEC)))                          \
	MAKER(raw_socketpair, socket, first((int)syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends))) \
	MAKER(raw_fcntl, same, syscall(SYS_fcntl, 0, F_DUPFD, 0))                                         \
	MAKER(raw_openat, file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY))                     \
	MAKER(raw_pipe2, pipe, first((int)syscall(SYS_pipe2, ends, 0)))

#define MAKER(id, kind, call) \
	static long make_##id(void) { return (call); }
MAKERS
#undef MAKER

static const struct maker {
	const char *name;
	long (*make)(void);
} makers[] = {
#define MAKER(id, kind, call) {#id, make_##id},
	MAKERS
#undef MAKER
};

static void try(const struct maker *m, int limit)
{
	struct sockaddr_in at;
	long fd;

	if (kept)
		EXPECT(chroot("") < 0);
	waiting = listener(&at); /* by now the shim has a trace */
	self = MUST(pidfd_open(getpid(), 0));
	for (int i = 0; i < LEFT + 2; i++)
		client(&at);
	while (MUST(dup(0)) < limit - 1 - LEFT - odd)
		;
	do {
		errno = 12345;
		fd = m->make();
		dprintf(1, "%s %ld %s\n", m->name, fd, errno == 12345 ? "(untouched)" : strerrorname_np(errno));
	} while (fd >= 0);
	for (fd = limit - 1; fd >= limit - LEFT; fd--)
		close((int)fd);
	dprintf(1, "and again %ld\n", m->make());
}

enum { ROUNDS = 12 };
static int past[4 * ROUNDS], closes;

/* One round of churn: how the number is marked, and whether it is one of the last so many. */
static int used_again(int fd, int last)
{
	int again = 0;

	for (int i = closes > last ? closes - last : 0; i < closes; i++)
		again |= past[i] == fd;
	MUST(close(fd));
	past[closes++] = fd;
	return again;
}

static void churn(const struct maker *m, int last)
{
	struct sockaddr_in at;
	int again = 0, flags = 0;

	waiting = listener(&at);
	self = MUST(pidfd_open(getpid(), 0));
	for (int i = 0; i < ROUNDS; i++)
		client(&at);
	for (int i = 0; i < ROUNDS; i++) {
		ends[0] = -1;
		int fd = (int)m->make();
		if (fd < 0 && errno != EMFILE) {
			dprintf(1, "%s is not to be had here: %s\n", m->name, strerrorname_np(errno));
			return;
		}
		MUST(fd);
		flags = MUST(fcntl(fd, F_GETFD));
		again += used_again(fd, last);
		if (fd == ends[0])
			again += used_again(ends[1], last);
	}
	dprintf(1, "%s %d %s\n", m->name, flags, again ? "again" : "never");
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int last = argc > 2 ? atoi(argv[2]) : 0;

	kept = argc > 1 && !strcmp(argv[1], "kept");
	odd = kept && argc > 2;
	if (argc == 2 && !kept)
		MUST(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)atoi(argv[1]), (rlim_t)atoi(argv[1])}));
	getrlimit(RLIMIT_NOFILE, &limit);
	EXPECT(mkdtemp(folder) != NULL);
	umask(0);
	dprintf(1, "limit %ld\n", (long)limit.rlim_cur);
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		pid_t child = MUST(fork());
		if (!child) {
			if (last)
				churn(&makers[i], last);
			else
				try(&makers[i], (int)limit.rlim_cur);
			_exit(0);
		}
		wait_for(child);
	}
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

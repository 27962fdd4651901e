/* What a program does with numbers, as `quarantine CASE N`: N is the size of the quarantine that it runs with, 0 without. Each case ends
 * with status 0 either way, and prints what is no number, so that the output is the same. `quarantine released FD` is what execs runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"
#include "threads.h"

#include <dirent.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>

static int size;

static int make(void) { return MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/* A number that is closed, and that the kernel would give next. */
static int closed(void)
{
	int fd = make();

	close(fd);
	return fd;
}

static void limit(int files) { MUST(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)files, (rlim_t)files})); }

/* Whether the number is used at once, or not; either way for the right reason. */
static void kept(int fd)
{
	int next = make();

	EXPECT((next != fd) == (size > 0));
	close(next);
}

static void released(int fd)
{
	int next = make();

	EXPECT(next == fd);
	close(next);
}

static void one(void) { kept(closed()); }

static void order(void)
{
	int first = closed(), fd = -1;

	for (int i = 1; i < size; i++) {
		fd = closed();
		EXPECT(fd != first);
	}
	EXPECT(closed() != first || !size);
	EXPECT(closed() == first);
}

/* A close of what is already closed, or never was open, takes nobody's place. */
static void misses(void)
{
	int fd = closed();

	for (int i = 0; i < 3 * size + 3; i++) {
		EXPECT(close(fd) < 0 && errno == EBADF);
		EXPECT(close(900 + i) < 0 && errno == EBADF);
	}
	kept(fd);
}

static void standard(void)
{
	for (int fd = 0; fd < 3; fd++) {
		int saved = fd == 1 ? dup(1) : -1;
		close(fd);
		EXPECT(fd == 1 ? dup2(saved, 1) == 1 : open("/dev/null", O_RDWR) == fd);
		close(fd);
		EXPECT(dup(saved < 0 ? 1 : saved) == fd);
		if (saved >= 0)
			close(saved);
	}
}

static void chosen(void)
{
	int other = make(), fd = closed();

	EXPECT(dup2(other, fd) == fd);
	EXPECT(fcntl(fd, F_GETFD) == 0);
	close(fd);
	kept(fd);
	EXPECT(dup3(other, fd, O_CLOEXEC) == fd);
	close(other);
	MUST(close(fd));
	EXPECT((fcntl(0, F_DUPFD, fd) == fd) == !size);
}

/* Every number that the limit allows is had, in each round. */
static void few(void)
{
	enum { FILES = 16 };
	int fd[FILES], n = 0;

	limit(FILES);
	for (int round = 0; round < 50; round++) {
		for (n = 0; n < FILES; n++) {
			int pair[2];
			fd[n] = n % 3 ? open("/dev/null", O_RDONLY) : n % 2 ? dup(0) : socket(AF_INET, SOCK_STREAM, 0);
			if (fd[n] < 0)
				break;
			EXPECT(fd[n] < FILES && !(n && pipe(pair) == 0 && (close(pair[0]) || close(pair[1]))));
		}
		EXPECT(n == FILES - 3 && errno == EMFILE);
		while (n--)
			MUST(close(fd[n]));
	}
	int first = make();
	close(first);
	int second = make();
	EXPECT((second != first) == (size > 0));
}

/* With one number left, it is the one that was closed last, and it is to be had. */
static void last(void)
{
	enum { FILES = 16 };
	int fd = 0;

	limit(FILES);
	while ((fd = dup(0)) >= 0)
		EXPECT(fd < FILES);
	for (int i = 0; i < 5; i++) {
		close(9);
		EXPECT(make() == 9);
		close(7);
		close(11);
		EXPECT(open("/dev/null", O_RDONLY) == 7); /* the older one */
		EXPECT(dup(0) == 11);
	}
}

/* What the kernel gives below FD_SETSIZE stays below; what is past it may go on. */
static void selects(void)
{
	int fd[FD_SETSIZE + 200], n = 0;
	fd_set set;

	ask_for_files(FD_SETSIZE + 300);
	for (n = 0; n < FD_SETSIZE - 10; n++)
		if ((fd[n] = MUST(dup(0))) == FD_SETSIZE - 8)
			break;
	for (int i = 0; i < 200; i++) {
		int number = i % 2 ? make() : MUST(dup(0));
		EXPECT(number < FD_SETSIZE);
		FD_ZERO(&set);
		FD_SET(number, &set);
		EXPECT(select(number + 1, NULL, NULL, &set, &(struct timeval){0}) >= 0);
		close(number);
	}
	int pair[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (int i = 0; i < 3; i++) {
		pass(pair[0], 0);
		int number = receive(pair[1]);
		EXPECT(number < FD_SETSIZE);
		close(number);
	}
	while (MUST(dup(0)) != FD_SETSIZE + 3) /* numbers that are kept are used up first */
		;
	int far = make();
	EXPECT(far >= FD_SETSIZE);
	close(far);
	kept(far);
}

static void forks(void)
{
	int fd = closed();
	pid_t child = MUST(fork());

	if (!child) {
		kept(fd);
		_exit(0);
	}
	wait_for(child);
	kept(fd);
	if (!(child = MUST(
		      vfork()))) { /* on memory that is not its own, so that it keeps nothing, and changes nothing */
		int own = socket(AF_INET, SOCK_STREAM, 0);
		close(own);
		_exit(own < 0);
	}
	wait_for(child);
	kept(fd);
}

static void execs(void)
{
	int fd = closed();
	char number[16], *argv[] = {"quarantine", "released", number, NULL};

	snprintf(number, sizeof number, "%d", fd);
	execv("/proc/self/exe", argv);
	_exit(99);
}

static void ranges(void)
{
	int fd = make(), second = make();

	EXPECT(second == fd + 1 || size);
	MUST(syscall(SYS_close_range, fd, second, CLOSE_RANGE_CLOEXEC));
	MUST(fcntl(fd, F_GETFD));
	MUST(close_range((unsigned)fd, (unsigned)second, 0));
	int third = make(), fourth = make();
	EXPECT((third != fd && third != second) == (size > 0) && (fourth != fd && fourth != second) == (size > 0));
	fd = make();
	closefrom(fd);
	kept(fd);
	fd = make();
	MUST((int)syscall(SYS_close, fd));
	kept(fd);
	fd = make();
	MUST((int)syscall(SYS_close_range, fd, ~0U, 0));
	kept(fd);
}

/* fcntl's locks go with any descriptor of the file that is closed. */
static int is_locked(int file)
{
	struct flock lock = {.l_type = F_WRLCK};
	pid_t child = MUST(fork());

	if (!child) {
		MUST(fcntl(file, F_GETLK, &lock));
		_exit(lock.l_type != F_WRLCK);
	}
	int status;
	waitpid(child, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void locks(void)
{
	char path[] = "/tmp/quarantine-XXXXXX";
	int fd = make(), file = MUST(mkstemp(path));
	struct flock lock = {.l_type = F_WRLCK};

	MUST(fcntl(file, F_SETLK, &lock));
	close(fd);
	int again = MUST(open(path, O_RDWR));
	dprintf(1, "locked %d", is_locked(file));
	close(make());
	int copy = MUST(dup(file)), third = MUST((int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR));
	FILE *stream = fopen(path, "r+");
	dprintf(1, " %d", is_locked(file));
	EXPECT(stream && copy != again && third != copy);
	fclose(stream);
	dprintf(1, ", and %d\n", is_locked(file));
	unlink(path);
}

static void streams(void)
{
	char path[] = "/tmp/quarantine-XXXXXX", line[64] = "";
	int fd = make(), file = MUST(mkstemp(path));

	close(fd);
	FILE *f = fopen(path, "w");
	EXPECT(f && (fileno(f) != fd) == (size > 0));
	fputs("written\n", f);
	EXPECT(fclose(f) == 0 && read(file, line, sizeof line) == 8);
	dprintf(1, "%s", line);
	fd = closed();
	EXPECT((f = tmpfile()) && (fileno(f) != fd) == (size > 0));
	EXPECT(fputs("again\n", f) >= 0 && fflush(f) == 0 && lseek(fileno(f), 0, SEEK_END) == 6);
	fd = fileno(f);
	fclose(f);
	kept(fd);
	fd = closed();
	EXPECT((f = popen("echo from a command; cat /dev/null", "r")) && (fileno(f) != fd) == (size > 0));
	EXPECT(fgets(line, sizeof line, f) != NULL);
	dprintf(1, "%s%d\n", line, pclose(f));
	f = fopen("/dev/null", "r");
	fd = fileno(f);
	EXPECT((f = freopen(path, "r", f)) && fileno(f) == fd && fgets(line, sizeof line, f));
	dprintf(1, "%s", line);
	fclose(f);
	kept(fd);
	unlink(path);
}

static void folders(void)
{
	int fd = closed(), entries = 0, flags;
	DIR *d = opendir("/proc/self/task");

	EXPECT(d && (dirfd(d) != fd) == (size > 0));
	flags = MUST(fcntl(dirfd(d), F_GETFD));
	while (readdir(d))
		entries++;
	dprintf(1, "%d entries, %d\n", entries, flags);
	rewinddir(d);
	EXPECT(readdir(d) && readdir(d) && readdir(d) && !readdir(d) && closedir(d) == 0);
	EXPECT(!opendir("/proc/self/nothing") && errno == ENOENT);
}

/* Two at once, close-on-exec, by each of the calls. */
static void rights(void)
{
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (int way = 0; way < 4; way++) {
		union {
			struct cmsghdr header;
			char space[CMSG_SPACE(2 * sizeof(int))];
		} room = {.header = {.cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS,
				     .cmsg_len = CMSG_LEN(2 * sizeof(int))}};
		int sent[2] = {0, 1}, got[2] = {-1, -1}, gone[2] = {make(), make()};
		char byte = 'x';
		struct iovec io = {&byte, 1};
		struct mmsghdr m = {.msg_hdr = {.msg_iov = &io,
						.msg_iovlen = 1,
						.msg_control = &room,
						.msg_controllen = sizeof room}};
		memcpy(CMSG_DATA(&room.header), sent, sizeof sent);
		EXPECT(sendmsg(pair[0], &m.msg_hdr, 0) == 1);
		close(gone[0]);
		close(gone[1]);
		memset(&room, 0, sizeof room);
		long ret = way == 0   ? recvmsg(pair[1], &m.msg_hdr, MSG_CMSG_CLOEXEC)
			   : way == 1 ? syscall(SYS_recvmsg, pair[1], &m.msg_hdr, MSG_CMSG_CLOEXEC)
			   : way == 2 ? recvmmsg(pair[1], &m, 1, MSG_CMSG_CLOEXEC, NULL)
				      : syscall(SYS_recvmmsg, pair[1], &m, 1, MSG_CMSG_CLOEXEC, NULL);
		memcpy(got, CMSG_DATA(&room.header), sizeof got);
		EXPECT((got[0] != gone[0]) == (size > 0) && (got[1] != gone[1]) == (size > 0) && got[0] != got[1]);
		dprintf(1, "%ld: %zu, %d %d\n", ret, (size_t)room.header.cmsg_len, MUST(fcntl(got[0], F_GETFD)),
			MUST(fcntl(got[1], F_GETFD)));
		close(got[0]);
		close(got[1]);
	}
}

/* A number that was given to the program is its own, whatever other threads close and make. */
enum { THREADS = 4, TURNS = 1000 };
static int owner[1024], closes;
static int closed_when[1024];

static void churn(int id)
{
	for (int i = 0; i < TURNS; i++) {
		int fd = i % 3 == 0 ? make() : i % 3 == 1 ? MUST(open("/dev/null", O_RDONLY)) : MUST(eventfd(0, 0));
		EXPECT(fd < 1024 && __atomic_exchange_n(&owner[fd], id + 1, __ATOMIC_SEQ_CST) == 0);
		/* Closes that others were about to make count before it here, and perhaps after it there. */
		int when = __atomic_load_n(&closed_when[fd], __ATOMIC_SEQ_CST);
		int since = __atomic_load_n(&closes, __ATOMIC_SEQ_CST) - when;
		EXPECT(!size || !when || since + THREADS >= size);
		MUST(fcntl(fd, F_GETFD));
		EXPECT(__atomic_exchange_n(&owner[fd], 0, __ATOMIC_SEQ_CST) == id + 1);
		__atomic_store_n(&closed_when[fd], __atomic_add_fetch(&closes, 1, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
		MUST(close(fd));
	}
}

static void threads(void)
{
	struct worker worker[THREADS];

	for (int i = 0; i < THREADS; i++)
		start(&worker[i], churn, i);
	for (int i = 0; i < THREADS; i++)
		join(&worker[i]);
}

/* As many threads as there are numbers: each always gets one. */
static void claim(int unused)
{
	(void)unused;
	for (int i = 0; i < TURNS; i++)
		MUST(close(i % 2 ? make() : MUST(dup(0))));
}

static void crowds(void)
{
	struct worker worker[THREADS];

	limit(3 + THREADS);
	for (int i = 0; i < THREADS; i++)
		start(&worker[i], claim, i);
	for (int i = 0; i < THREADS; i++)
		join(&worker[i]);
}

/* Signals that make and close amid all that. */
static void handler(int signal)
{
	int saved = errno, fd = socket(AF_INET, SOCK_STREAM, 0), file = open("/dev/null", O_RDONLY);

	(void)signal;
	EXPECT(fd >= 3 && file >= 3 && fd != file);
	close(file);
	close(fd);
	errno = saved;
}

static void signals(void)
{
	struct sigaction act = {.sa_handler = handler};
	struct itimerval often = {{0, 100}, {0, 100}};

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 3000; i++) {
		errno = 1234;
		int fd = i % 2 ? make() : MUST(dup(0));
		EXPECT(errno == 1234);
		MUST(close(fd));
		EXPECT(errno == 1234);
	}
}

/* After a filter that knows of sockets alone, nothing else is called. */
static void filtered(void)
{
	struct sock_filter only[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_dup, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof only / sizeof *only, only};
	int fd = closed();

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	EXPECT(make() == fd);
	EXPECT(dup(0) == fd + 1);
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
#define CASE(name)          \
	{                   \
#name, name \
	}
	CASE(one),     CASE(order),   CASE(misses), CASE(standard), CASE(chosen),   CASE(few),	   CASE(last),
	CASE(selects), CASE(forks),   CASE(execs),  CASE(ranges),   CASE(locks),    CASE(streams), CASE(folders),
	CASE(rights),  CASE(threads), CASE(crowds), CASE(signals),  CASE(filtered),
};

int main(int argc, char **argv)
{
	EXPECT(argc == 3);
	size = atoi(argv[2]);
	closefrom(3);
	if (strcmp(argv[1], "released") == 0)
		released(size);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (strcmp(argv[1], cases[i].name) == 0)
			cases[i].run();
	return 0;
}

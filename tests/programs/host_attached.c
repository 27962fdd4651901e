/* host_attached WAIT [THREADS]: waits again and again in one call, makes and closes a socket in between, and ends with status 1 as soon as a wait fails,
 * ends too early, or errno, the signals that are blocked or the floating point unit are not as they were. Status 0 on SIGTERM.
 *
 * So do that many threads more. Waits that have no time are ended by a child every 20 ms.
 */
#include "program.h"

#include <dlfcn.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <time.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

enum { MS = 20, LONG_MS = 250 };

static const struct timespec time_of = {.tv_nsec = MS * 1000000};
static int ends[2], lone, set;
static struct sockaddr_in at;
static sem_t *sem, nobodys;
static volatile sig_atomic_t told;

static void on_signal(int number) { told = number; }

static void wait_poll(void) { EXPECT(poll(&(struct pollfd){.fd = lone, .events = POLLIN}, 1, MS) == 0); }
static void wait_ppoll(void) { EXPECT(ppoll(NULL, 0, &time_of, NULL) == 0); }
static void wait_select(void) { EXPECT(select(0, NULL, NULL, NULL, &(struct timeval){.tv_usec = MS * 1000}) == 0); }
static void wait_epoll(void) { EXPECT(epoll_wait(set, &(struct epoll_event){0}, 1, MS) == 0); }
static void wait_nanosleep(void) { EXPECT(nanosleep(&time_of, NULL) == 0); }
/* As long as several attempts to attach take: each finds a wait that an earlier one has interrupted. */
static void wait_long_nanosleep(void)
{
	EXPECT(nanosleep(&(struct timespec){.tv_nsec = LONG_MS * 1000000}, NULL) == 0);
}
static void wait_long_poll(void) { EXPECT(poll(NULL, 0, LONG_MS) == 0); }
static void wait_long_sem(void)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += LONG_MS * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	EXPECT(sem_timedwait(&nobodys, &end) == -1 && errno == ETIMEDOUT);
	errno = ENOTTY;
}
static void wait_read(void) { EXPECT(read(ends[0], &(char){0}, 1) == 1); }
static void wait_recv(void) { EXPECT(recv(ends[0], &(char){0}, 1, 0) == 1); }
static void wait_sem(void) { EXPECT(sem_wait(sem) == 0); }

static void wait_accept(void)
{
	int fd = accept4(lone, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(fd >= 0);
	close(fd);
}

static void wait_sigsuspend(void)
{
	sigset_t none;
	told = 0;
	sigemptyset(&none);
	EXPECT(sigsuspend(&none) == -1 && told == SIGUSR1);
}

static void wait_wait4(void)
{
	pid_t child = MUST(fork());
	if (!child) {
		nanosleep(&time_of, NULL);
		_exit(7);
	}
	int status;
	EXPECT(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}

/* Hardly ever waits, and is in malloc most of the time. */
static void wait_busy(void)
{
	for (int i = 0; i < 2000; i++) {
		char *volatile p = malloc((size_t)i * 50 + 1);
		*p = 1;
		free(p);
	}
	EXPECT(write(ends[1], "x", 1) == 1 && read(ends[0], &(char){0}, 1) == 1);
}

/* An object that is loaded later makes the socket. */
static void wait_load(void)
{
	const char *path = getenv("PLUGIN");
	nanosleep(&time_of, NULL);
	void *plugin = dlopen(path, RTLD_NOW);
	EXPECT(plugin != NULL);
	int (*make)(void) = (int (*)(void))dlsym(plugin, "plugin_socket");
	EXPECT(make != NULL);
	close(MUST(make()));
	dlclose(plugin);
}

static void poke(const char *wait, pid_t main_process)
{
	while (getppid() == main_process) {
		nanosleep(&time_of, NULL);
		if (strcmp(wait, "sigsuspend") == 0)
			kill(main_process, SIGUSR1);
		else if (strcmp(wait, "sem") == 0)
			sem_post(sem);
		else if (strcmp(wait, "accept") == 0)
			close(client(&at));
		else
			MUST((int)write(ends[1], "x", 1));
	}
	_exit(0);
}

static const struct {
	const char *name;
	void (*wait)(void);
	int poked;
} waits[] = {{"poll", wait_poll, 0},
	     {"ppoll", wait_ppoll, 0},
	     {"select", wait_select, 0},
	     {"epoll", wait_epoll, 0},
	     {"nanosleep", wait_nanosleep, 0},
	     {"long_nanosleep", wait_long_nanosleep, 0},
	     {"long_poll", wait_long_poll, 0},
	     {"long_sem", wait_long_sem, 0},
	     {"read", wait_read, 1},
	     {"recv", wait_recv, 1},
	     {"sem", wait_sem, 1},
	     {"accept", wait_accept, 1},
	     {"wait4", wait_wait4, 0},
	     {"busy", wait_busy, 0},
	     {"load", wait_load, 0},
	     {"sigsuspend", wait_sigsuspend, 1}};

static void run(void (*wait)(void), int timed)
{
	sigset_t before, after;
	sigprocmask(SIG_SETMASK, NULL, &before);
	volatile double third = 1;
#ifdef __SSE__
	_MM_SET_ROUNDING_MODE(_MM_ROUND_UP);
#endif
	third /= 3;
	for (;;) {
		struct timespec start, end;
		volatile double again = 1;
		clock_gettime(CLOCK_MONOTONIC, &start);
		errno = ENOTTY;
		wait();
		clock_gettime(CLOCK_MONOTONIC, &end);
		sigprocmask(SIG_SETMASK, NULL, &after);
		again /= 3;
		EXPECT(again == third);
		EXPECT(memcmp(&before, &after, 8) == 0);
		EXPECT(errno == ENOTTY || wait == wait_sigsuspend || wait == wait_load);
		EXPECT(!timed ||
		       (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec >= time_of.tv_nsec);
		close(MUST(socket(AF_UNIX, SOCK_STREAM, 0)));
	}
}

static void *run_beside(void *wait)
{
	run((void (*)(void))wait, 1);
	return NULL;
}

static void on_term(int number)
{
	(void)number;
	_exit(0);
}

int main(int argc, char **argv)
{
	sigset_t usr1;
	if (argc < 2)
		return 0;
	signal(SIGTERM, on_term);
	signal(SIGUSR1, on_signal);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	lone = listener(&at);
	set = MUST(epoll_create1(0));
	sem = mmap(NULL, sizeof *sem, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(sem != MAP_FAILED && sem_init(sem, 1, 0) == 0);
	pid_t self = getpid();
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		if (strcmp(waits[i].name, argv[1]) != 0)
			continue;
		if (waits[i].poked && !MUST(fork()))
			poke(argv[1], self);
		for (int left = argc > 2 ? atoi(argv[2]) : 0; left > 0; left--)
			EXPECT(pthread_create(&(pthread_t){0}, NULL, run_beside, (void *)waits[i].wait) == 0);
		puts("ready");
		fflush(stdout);
		run(waits[i].wait, i < 8);
	}
	return 99;
}

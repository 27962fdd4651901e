/* A host that is limited, stopped, many, or hides: `host_limits SCENE [N]`. What it prints is the same with the shim as without.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int made(void) { return MUST(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

static void work(int n)
{
	for (int i = 0; i < n; i++)
		close(made());
}

/* No memory may be locked, and then all that is and will be. */
static void scene_locked(void)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_MEMLOCK, &limit));
	limit.rlim_cur = 0;
	MUST(setrlimit(RLIMIT_MEMLOCK, &limit));
	work(3000);
	printf("mlockall %s\n", mlockall(MCL_CURRENT | MCL_FUTURE) ? strerrorname_np(errno) : "went well");
	work(3000);
}

/* Not dumpable: its /proc belongs to root, also for what looks there in its name. */
static void scene_hidden(void)
{
	int pair[2];

	MUST(prctl(PR_SET_DUMPABLE, 0));
	work(100);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	pid_t child = fork();
	if (!child) {
		close(pair[0]);
		close(pair[1]);
		work(100);
		_exit(0);
	}
	wait_for(child);
	close(pair[0]);
	close(pair[1]);
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
}

/* Stopped and continued in mid-work, from within and from outside. A stop takes back that the process was continued, so the child waits until
 * its parent has seen that. */
static void scene_stopped(void)
{
	int seen[2], status;
	char byte = 0;

	MUST(pipe(seen));
	pid_t child = MUST(fork());
	if (!child) {
		for (int i = 0; i < 3; i++) {
			int fd = made();
			raise(SIGSTOP);
			close(fd);
			MUST(read(seen[0], &byte, 1));
		}
		for (;;)
			work(1);
	}
	for (int i = 0; i < 6; i++) {
		if (i >= 3)
			MUST(kill(child, SIGSTOP));
		MUST(waitpid(child, &status, WUNTRACED));
		printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
		MUST(kill(child, SIGCONT));
		MUST(waitpid(child, &status, WCONTINUED));
		printf("continued %d\n", WIFCONTINUED(status));
		MUST(write(seen[1], &byte, 1));
	}
	MUST(kill(child, SIGTERM));
	MUST(waitpid(child, &status, 0));
	printf("ended by %d\n", WTERMSIG(status));
}

static pthread_barrier_t all_here;
static struct rlimit limit_of_all;
static bool changed, ended;

static void look(void)
{
	struct rlimit now;

	MUST(getrlimit(RLIMIT_NOFILE, &now));
	if (now.rlim_cur != limit_of_all.rlim_cur || now.rlim_max != limit_of_all.rlim_max)
		__atomic_store_n(&changed, true, __ATOMIC_RELAXED);
}

static void *first_socket(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&all_here);
	close(made());
	look();
	return NULL;
}

static void *keep_looking(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&all_here);
	while (!__atomic_load_n(&ended, __ATOMIC_RELAXED))
		look();
	return NULL;
}

/* n threads that each make their first socket at once, and one that looks at the limit of descriptors all the while. */
static void scene_threads(int n)
{
	pthread_t threads[64], looker;

	limit_of_all = (struct rlimit){1024, 1025};
	MUST(setrlimit(RLIMIT_NOFILE, &limit_of_all));
	MUST(-pthread_barrier_init(&all_here, NULL, (unsigned)n + 1));
	MUST(-pthread_create(&looker, NULL, keep_looking, NULL));
	for (int i = 0; i < n; i++)
		MUST(-pthread_create(&threads[i], NULL, first_socket, NULL));
	for (int i = 0; i < n; i++)
		MUST(-pthread_join(threads[i], NULL));
	__atomic_store_n(&ended, true, __ATOMIC_RELAXED);
	MUST(-pthread_join(looker, NULL));
	look();
	printf("limits %s\n", changed ? "changed" : "as they were");
}

/* How many sockets a limit of n allows, twice. */
static void scene_available(int n)
{
	static int fds[4096];

	MUST(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)n, (rlim_t)n}));
	for (int turn = 0; turn < 2; turn++) {
		int count = 0;
		while (count < 4096 && (fds[count] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0)
			count++;
		printf("%d sockets, %d to %d, then %s\n", count, fds[0], fds[count - 1], strerrorname_np(errno));
		while (count)
			close(fds[--count]);
		work(600);
	}
}

/* As many descriptors as the limit allows, n at most. */
static void scene_many(int n)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	if ((rlim_t)n + 16 > limit.rlim_cur)
		n = (int)limit.rlim_cur - 16;

	int *fds = calloc((size_t)n, sizeof *fds);
	for (int i = 0; i < n; i++)
		fds[i] = made();
	printf("%d descriptors, from %d on\n", n, fds[0]);
	for (int i = 0; i < n; i++) /* in an order of its own: 7919 is prime */
		MUST(close(fds[(int)((long)i * 7919 % n)]));
	free(fds);
}

/* n children at once, each with a socket of its own and one of its parent's. */
static void scene_children(int n)
{
	int fd = made(), status, sum = 0;

	for (int i = 0; i < n; i++) {
		pid_t child = MUST(fork());
		if (!child) {
			work(1);
			_exit(i % 5);
		}
	}
	while (wait(&status) > 0)
		sum += WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
	printf("sum of the statuses of %d children: %d\n", n, sum);
	close(fd);
}

/* A program that becomes itself n times, with a socket that stays behind each time. */
static void scene_chain(char **argv, int n)
{
	char left[16];

	made();
	snprintf(left, sizeof left, "%d", n - 1);
	if (n)
		execv("/proc/self/exe", (char *[]){argv[0], argv[1], left, NULL});
	printf("the last one: next number %d\n", dup(0));
	close(3);
	exit(4);
}

int main(int argc, char **argv)
{
	const char *scene = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(scene, "locked"))
		scene_locked();
	else if (!strcmp(scene, "hidden"))
		scene_hidden();
	else if (!strcmp(scene, "stopped"))
		scene_stopped();
	else if (!strcmp(scene, "many"))
		scene_many(n);
	else if (!strcmp(scene, "children"))
		scene_children(n);
	else if (!strcmp(scene, "threads"))
		scene_threads(n);
	else if (!strcmp(scene, "available"))
		scene_available(n);
	else if (!strcmp(scene, "chain"))
		scene_chain(argv, n);
	return 0;
}

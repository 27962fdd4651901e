/* Hooks that are left in unusual ways, or run in unusual places: `stress_escape jump|fork|stacks N`. A handler that jumps out of whatever
 * it interrupted; one that forks there; and coroutines on stacks that come and go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int handled;
static sigjmp_buf start;

static void small_work(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	close(dup(fd));
	close(fd);
}

static void jump(int number)
{
	(void)number;
	handled++;
	siglongjmp(start, 1);
}

static void fork_here(int number)
{
	int saved = errno;

	(void)number;
	handled++;
	if (fork() == 0) {
		socket_work();
		_exit(0);
	}
	errno = saved;
}

static void interrupted_by(void (*handler)(int), int n, int microseconds)
{
	struct itimerval often = {{0, microseconds}, {0, microseconds}}, never = {{0, 0}, {0, 0}};

	small_work(); /* the trace is there by now */
	signal(SIGCHLD, SIG_IGN);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL);
	sigsetjmp(start, 1);
	MUST(setitimer(ITIMER_REAL, &often, NULL));
	while (handled < n) {
		small_work();
		if (handler == jump && handled % 16 == 0) /* what was jumped over is still open */
			close_range(3, 1000, 0);
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL));
}

static ucontext_t outside, inside;

static void coroutine(void)
{
	small_work();
	small_work();
	swapcontext(&inside, &outside);
}

static void on_stacks(int n)
{
	for (int i = 0; i < n; i++) {
		size_t size = 16384 + 4096 * ((size_t)i % 5);
		char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		EXPECT(stack != MAP_FAILED);
		getcontext(&inside);
		inside.uc_stack.ss_sp = stack;
		inside.uc_stack.ss_size = size;
		inside.uc_link = &outside;
		makecontext(&inside, coroutine, 0);
		MUST(swapcontext(&outside, &inside));
		munmap(stack, size);
	}
}

int main(int argc, char **argv)
{
	int n = atoi(argv[argc - 1]);

	if (!strcmp(argv[1], "jump"))
		interrupted_by(jump, n, 200);
	else if (!strcmp(argv[1], "fork"))
		interrupted_by(fork_here, n, 3000);
	else
		on_stacks(n);
	printf("%d times\n", n);
	return 0;
}

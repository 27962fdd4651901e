/* Calls that are hard to place: the last instruction of a function, from within the C library, through its wrappers.
 * calls CASE; `line: NAME` marks the lines that the test expects in a stack.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define KEEP __attribute__((noinline))
#define KEEP_FRAME __asm__ volatile("") /* a call in tail position has no frame of its own */

static KEEP int make(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* line: make */
	KEEP_FRAME;
	return fd;
}

static KEEP __attribute__((noreturn)) void leave(int status)
{
	make(); /* line: leave */
	_exit(status);
}

/* Nothing follows the call: what it would return to is another function, or another line. */
static KEEP __attribute__((noreturn)) void give_up(void)
{
	KEEP_FRAME;
	leave(0); /* line: give_up */
}

static KEEP int after_give_up(void)
{
	KEEP_FRAME;
	return 7;
}

static int compare(const void *a, const void *b)
{
	static int made;
	if (!made++)
		make(); /* line: compare */
	return *(const int *)a - *(const int *)b;
}

static KEEP void sort(void)
{
	int list[] = {2, 1};
	qsort(list, 2, sizeof *list, compare); /* line: sort */
	KEEP_FRAME;
}

static KEEP void close_stream(FILE *stream)
{
	fclose(stream); /* line: close_stream */
	KEEP_FRAME;
}

static KEEP void close_number(int fd)
{
	close(fd); /* line: close_number */
	KEEP_FRAME;
}

static volatile uintptr_t vdso_start, vdso_end;

/* Interrupts the main thread in the vdso, sooner or later, and makes a socket there and nowhere else. */
static void on_alarm(int number, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	(void)number, (void)info;
#if defined(__x86_64__)
	uintptr_t at = (uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP];
#else
	uintptr_t at = (uintptr_t)interrupted->uc_mcontext.pc;
#endif
	if (at >= vdso_start && at < vdso_end) {
		make(); /* line: on_alarm */
		_exit(0);
	}
}

static KEEP void ask_time(void)
{
	struct timespec now;
	struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
	struct itimerval often = {{0, 500}, {0, 500}};
	vdso_start = getauxval(AT_SYSINFO_EHDR);
	vdso_end = vdso_start + 8192;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (;;)
		clock_gettime(CLOCK_MONOTONIC, &now); /* line: asks */
}

int main(int argc, char **argv)
{
	const char *chosen = argc > 1 ? argv[1] : "";
	if (!strcmp(chosen, "noreturn"))
		give_up(); /* line: main_noreturn */
	if (!strcmp(chosen, "qsort"))
		sort(); /* line: main_qsort */
	if (!strcmp(chosen, "vdso"))
		ask_time(); /* line: main_vdso */
	if (!strcmp(chosen, "fclose")) {
		int fd = make();
		FILE *stream = fdopen(fd, "r");
		close_stream(stream); /* line: main_stream */
		close_number(fd);     /* line: main_number */
	}
	return after_give_up() - 7;
}

/* Does what its arguments say, one by one, and prints what each call of socksan.h answered. C and C++; with and without the shim.
 *
 *	socket       make one                  close     close the last one made
 *	again        close that number again   dup       a second descriptor of it
 *	listener     make one that listens     bind      a second bind of it, which its state forbids
 *	ignore       socksan_ignore            hidden    close the last one by a path the shim cannot see
 *	check=LABEL  socksan_check             count     socksan_open_sockets
 *	active       socksan_is_active         fork      a child does the rest, and the parent waits for it
 *	threads=N    N threads make and check  signal    socksan_check in a signal handler
 *	dirty        errno before, and after, each call of the API
 *	mark         socksan_mark              left      each socket made since, by socksan_next, and what is said of it
 *	accept       a client of the listener and what it accepts
 *	cut          what socksan_describe says where there is little room
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <socksan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EACH = 50 }; /* sockets of each thread */

static int last = -1, again = -1, found;
static long long mark;
static pthread_barrier_t barrier;

static void *make_and_check(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < EACH; i++) {
		socket(AF_INET, SOCK_STREAM, 0);
		__atomic_fetch_add(&found, socksan_check("thread"), __ATOMIC_RELAXED);
	}
	return NULL;
}

static void threads(int n)
{
	pthread_t thread[16];
	struct rlimit limit;
	/* They stay open, and the limit that the program was started with may be lower, or so near that it is told. */
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < (rlim_t)n * EACH * 2) {
		limit.rlim_cur = (rlim_t)n * EACH * 2;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			exit(99);
	}
	pthread_barrier_init(&barrier, NULL, (unsigned)n);
	for (int i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, make_and_check, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("threads %d\n", found);
}

static void on_signal(int number)
{
	(void)number;
	found = socksan_check("signal");
}

static void make_socket(int listening)
{
	struct sockaddr_in at;
	memset(&at, 0, sizeof at);
	at.sin_family = AF_INET;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	last = socket(AF_INET, SOCK_STREAM, 0);
	if (listening && (bind(last, (struct sockaddr *)&at, sizeof at) || listen(last, 1)))
		exit(99);
}

static void dirty(void)
{
	int ok = 1;
	errno = 77;
	socksan_is_active(), ok &= errno == 77;
	socksan_open_sockets(), ok &= errno == 77;
	socksan_ignore(-1), ok &= errno == 77;
	socksan_ignore(last), ok &= errno == 77;
	socksan_check("dirty"), ok &= errno == 77;
	socksan_mark(), ok &= errno == 77;
	socksan_next(0, 0), ok &= errno == 77;
	socksan_number(last), ok &= errno == 77;
	socksan_listener(last), ok &= errno == 77;
	socksan_is_own(last), ok &= errno == 77;
	socksan_describe(last, NULL, 0), ok &= errno == 77;
	printf("errno %s\n", ok ? "kept" : "changed");
}

static void left(void)
{
	char text[1024];
	for (int fd = -1; (fd = socksan_next(fd + 1, mark)) >= 0;) {
		int n = socksan_describe(fd, text, sizeof text);
		printf("left %lld of %lld: %s%s\n", socksan_number(fd), socksan_listener(fd), text,
		       n == (int)strlen(text) && socksan_is_own(fd) ? "" : " CUT");
	}
	printf("end\n");
}

static void cut(void)
{
	char text[8] = "-------";
	int n = socksan_describe(last, text, 6);
	printf("cut %d %s %d\n", n > 6, text, text[6] == '-');
}

static void accept_one(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int client = socket(AF_INET, SOCK_STREAM, 0);
	if (getsockname(last, (struct sockaddr *)&at, &len) || connect(client, (struct sockaddr *)&at, len) ||
	    accept(last, NULL, NULL) < 0)
		exit(99);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	memset(&at, 0, sizeof at);
	at.sin_family = AF_INET;
	for (int i = 1; i < argc; i++) {
		const char *step = argv[i];
		if (!strcmp(step, "socket"))
			make_socket(0);
		else if (!strcmp(step, "listener"))
			make_socket(1);
		else if (!strcmp(step, "close"))
			again = last, close(last);
		else if (!strcmp(step, "hidden"))
			__asm__ volatile("syscall" : : "a"(SYS_close), "D"(last) : "rcx", "r11", "memory");
		else if (!strcmp(step, "again"))
			close(again);
		else if (!strcmp(step, "dup"))
			dup(last);
		else if (!strcmp(step, "bind"))
			bind(last, (struct sockaddr *)&at, sizeof at);
		else if (!strcmp(step, "ignore"))
			printf("ignore %d\n", socksan_ignore(last));
		else if (!strncmp(step, "check", 5))
			printf("check %d\n", socksan_check(step[5] ? step + 6 : NULL));
		else if (!strcmp(step, "count"))
			printf("count %d\n", socksan_open_sockets());
		else if (!strcmp(step, "active"))
			printf("active %d\n", socksan_is_active());
		else if (!strncmp(step, "threads=", 8))
			threads(atoi(step + 8));
		else if (!strcmp(step, "mark"))
			mark = socksan_mark();
		else if (!strcmp(step, "left"))
			left();
		else if (!strcmp(step, "cut"))
			cut();
		else if (!strcmp(step, "accept"))
			accept_one();
		else if (!strcmp(step, "dirty"))
			dirty();
		else if (!strcmp(step, "signal")) {
			signal(SIGUSR1, on_signal);
			raise(SIGUSR1);
			printf("signal %d\n", found);
		} else if (!strcmp(step, "fork")) {
			fflush(stdout);
			if (fork() > 0) {
				wait(NULL);
				return 0;
			}
		} else {
			return 99;
		}
	}
	return 0;
}

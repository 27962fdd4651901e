/* A host that knows which descriptor is free, while its other thread is busy: fills the trace, or tries and fails to become another program.
 * What it finds at the descriptor is printed. `clone`: the other thread is one that libc does not know of, and takes the descriptor itself.
 * `notify`: what it asked a message queue for comes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <mqueue.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

static int stop, listening;

static void *listens(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		listen(listening, 8);
	return unused;
}

static void *execs(void *unused)
{
	char *argv[] = {"/etc/passwd", NULL};
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		execv(argv[0], argv);
	return unused;
}

/* As a thread of clone(2), it calls nothing: thread-local storage is the main thread's. */
static int takes(void *file)
{
#ifdef __x86_64__
	long number = *(int *)file + 1, ret;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "a"(SYS_dup2), "D"((long)*(int *)file), "S"(number)
				 : "rcx", "r11", "memory");
		for (volatile int i = 0; i < 3000; i++)
			;
		__asm__ volatile("syscall" : "=a"(ret) : "a"(SYS_close), "D"(number) : "rcx", "r11", "memory");
	}
#endif
	(void)file;
	return 0;
}

static int beside_a_clone(int rounds, const char *path)
{
	static char stack[65536] __attribute__((aligned(64)));
	struct stat st;
	int file = open(path, O_RDWR | O_CREAT, 0600);
	EXPECT(file >= 0);
	EXPECT(clone(takes, stack + sizeof stack,
		     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, &file) > 0);
	for (int i = 0; i < rounds; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		close(fd);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	usleep(20000);
	EXPECT(fstat(file, &st) == 0);
	printf("%lld bytes in the file\n", (long long)st.st_size);
	return 0;
}

static volatile sig_atomic_t notified;
static void on_message(int signal) { notified = signal; }

static int beside_a_queue(int rounds)
{
	struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 16};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	pthread_t thread;
	signal(SIGUSR1, on_message);
	mqd_t queue = mq_open("/socksan-host-numbers", O_RDWR | O_CREAT, 0600, &attr);
	EXPECT(queue >= 0);
	EXPECT(mq_unlink("/socksan-host-numbers") == 0);
	EXPECT((listening = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	EXPECT(pthread_create(&thread, NULL, listens, NULL) == 0);
	EXPECT(mq_notify(queue, &event) == 0);
	for (int i = 0; i < rounds; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		close(fd);
	}
	EXPECT(mq_send(queue, "x", 1, 0) == 0);
	for (int i = 0; i < 1000 && !notified; i++)
		usleep(1000);
	printf("%s\n", notified ? "notified" : "not notified");
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	close(listening);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[3], "clone"))
		return beside_a_clone(atoi(argv[1]), argv[2]);
	if (argc > 3 && !strcmp(argv[3], "notify"))
		return beside_a_queue(atoi(argv[1]));
	bool by_exec = argc > 3 && !strcmp(argv[3], "exec");
	int rounds = atoi(argv[1]), other = 0, refused = 0, ends[2];
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	pthread_t thread;
	struct stat st;

	EXPECT((listening = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	EXPECT(bind(listening, (struct sockaddr *)&name, sizeof name.sun_family) == 0);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	int file = open(argv[2], O_RDWR | O_CREAT | O_APPEND, 0600);
	EXPECT(file >= 0);
	int lowest = dup(file);
	EXPECT(lowest >= 0 && close(lowest) == 0);
	EXPECT(pthread_create(&thread, NULL, by_exec ? execs : listens, NULL) == 0);
	for (int i = 0; i < rounds; i++) {
		int fd = open("/dev/null", O_RDONLY);
		other += fd != lowest;
		close(fd);
		refused += dup2(file, lowest) != lowest;
		refused += close(lowest) != 0;
		refused += dup2(ends[0], lowest) != lowest;
		refused += close(lowest) != 0;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT(fstat(file, &st) == 0);
	char byte;
	ssize_t read = recv(ends[1], &byte, 1, MSG_DONTWAIT);
	printf("%d other numbers, %d refused, %lld bytes in the file, %zd in the socket\n", other, refused,
	       (long long)st.st_size, read);
	close(ends[0]);
	close(ends[1]);
	close(listening);
	return 0;
}

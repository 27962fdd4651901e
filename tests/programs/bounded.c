/* Many connections, one in EVERY of which is never closed: bounded CONNECTIONS EVERY [THREADS [KEPT]].
 * Each is a socketpair that carries some bytes. KEPT of them stay open until the end, and are closed there. If $OPEN_COUNT names a file, a word of
 * shared memory in it has the number of open descriptors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static _Atomic long own_count, *count = &own_count;
static long connections, every;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(3);
}

static void leak(void)
{
	int fds[2];
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	close(fds[1]);
	atomic_fetch_add(count, 1);
}

static void serve(void)
{
	int fds[2];
	char byte = 1;
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	must(send(fds[0], &byte, 1, 0) == 1 && recv(fds[1], &byte, 1, 0) == 1, "a byte");
	close(fds[0]);
	close(fds[1]);
}

static void *run(void *arg)
{
	(void)arg;
	for (long i = 1; i <= connections; i++)
		if (i % every == 0)
			leak();
		else
			serve();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	struct rlimit limit;
	long n = argc > 3 ? atol(argv[3]) : 1, kept = argc > 4 ? atol(argv[4]) : 0;
	const char *path = getenv("OPEN_COUNT");
	connections = argc > 2 ? atol(argv[1]) : 0;
	every = argc > 2 ? atol(argv[2]) : 0;
	if (connections <= 0 || every <= 0 || n < 1 || n > 64)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (path) {
		int fd = open(path, O_RDWR | O_CREAT, 0600);
		must(fd >= 0 && !ftruncate(fd, 4096), path);
		count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	int *held = calloc((size_t)kept + 1, sizeof *held);
	for (long i = 0; i < kept; i++) {
		must((held[i] = socket(AF_INET, SOCK_STREAM, 0)) >= 0, "socket");
		atomic_fetch_add(count, 1);
	}
	connections /= n;
	for (long i = 1; i < n; i++)
		must(!pthread_create(&threads[i], NULL, run, NULL), "pthread_create");
	run(NULL);
	for (long i = 1; i < n; i++)
		pthread_join(threads[i], NULL);
	for (long i = 0; i < kept; i++)
		close(held[i]);
	return 0;
}

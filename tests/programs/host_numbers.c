/* A host that knows which number is free, while its other thread is busy: fills the trace, or tries in vain to become another program.
 * What it finds at the number is told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <stdbool.h>
#include <sys/stat.h>
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

int main(int argc, char **argv)
{
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

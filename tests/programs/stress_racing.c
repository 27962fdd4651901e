/* Sixteen threads close, replace and use each other's numbers without any order: `stress_racing N`. A wrong program, that must do no
 * worse for being watched.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

#include <sys/syscall.h>

enum { THREADS = 16, FIRST = 40, NUMBERS = 16 };
static int turns;

static void *race(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 1;
	char byte = 'x';
	int ends[2];

	for (int i = 0; i < turns; i++) {
		seed = seed * 1103515245 + 12345;
		int fd = FIRST + (int)(seed >> 8) % NUMBERS, other = FIRST + (int)(seed >> 16) % NUMBERS, own;

		switch ((seed >> 24) % 8) {
		case 0:
			if ((own = socket(AF_INET, SOCK_DGRAM, 0)) >= 0) {
				dup2(own, fd);
				close(own);
			}
			break;
		case 1: close(fd); break;
		case 2: dup2(fd, other); break;
		case 3: send(fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT); break;
		case 4: recv(fd, &byte, 1, MSG_DONTWAIT); break;
		case 5: syscall(SYS_close, other); break;
		case 6:
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
				dup3(ends[0], fd, O_CLOEXEC);
				dup2(ends[1], other);
				close_range((unsigned)ends[0], (unsigned)ends[0], 0);
				close(ends[1]);
			}
			break;
		default: shutdown(fd, SHUT_WR);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	turns = atoi(argv[argc - 1]);
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&thread[i], NULL, race, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%d turns\n", turns);
	return 0;
}

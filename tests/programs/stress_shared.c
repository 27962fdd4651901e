/* Sixteen threads pass sockets to each other through shared places, and make, duplicate, use and close them: `stress_shared N`, N turns
 * each. Whoever takes a number out of its place owns it: a correct program, in which nothing is to be found.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

enum { THREADS = 16, PLACES = 24 };
static int place[PLACES]; /* 0: empty */
static int turns;

static unsigned next(unsigned *seed) { return *seed = *seed * 1103515245 + 12345, *seed >> 8; }

/* Puts fd (0: nothing) there, and closes what was there before. */
static void put(unsigned at, int fd)
{
	int old = __atomic_exchange_n(&place[at % PLACES], fd, __ATOMIC_ACQ_REL);

	if (old)
		MUST(close(old));
}

static void *use(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 1;
	int ends[2], on = 1;

	for (int i = 0; i < turns; i++) {
		unsigned at = next(&seed);
		int fd = __atomic_exchange_n(&place[at % PLACES], 0, __ATOMIC_ACQ_REL);

		switch (fd ? next(&seed) % 4 : 4 + next(&seed) % 2) {
		case 0: MUST(close(fd)); break;
		case 1:
			put(next(&seed), MUST(dup(fd)));
			put(at, fd);
			break;
		case 2:
			MUST(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
			put(at, fd);
			break;
		case 3:
			put(next(&seed), MUST(fcntl(fd, F_DUPFD_CLOEXEC, 100)));
			MUST(close(fd));
			break;
		case 4: put(at, MUST(socket(AF_INET, SOCK_STREAM, 0))); break;
		default:
			MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
			put(at, ends[0]);
			put(next(&seed), ends[1]);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	turns = atoi(argv[argc - 1]);
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&thread[i], NULL, use, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < PLACES; i++)
		put(i, 0);
	printf("%d turns\n", turns);
	return 0;
}

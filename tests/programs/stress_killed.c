/* Threads make and close sockets until the process is killed, and note in a shared file how many calls have returned: `stress_killed
 * FILE`. For each thread, two 64-bit words: its tid, and its count.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

#include <sys/mman.h>

enum { THREADS = 4 };
static struct {
	uint64_t tid, returned;
} * notes;

static void *work(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;

	notes[i].tid = (uint64_t)gettid();
	for (;;) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
		__atomic_fetch_add(&notes[i].returned, 1, __ATOMIC_RELEASE);
		MUST(close(fd));
		__atomic_fetch_add(&notes[i].returned, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int file = MUST(open(argv[argc - 1], O_RDWR | O_CREAT, 0600));
	pthread_t thread;

	MUST(ftruncate(file, 4096));
	notes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	EXPECT(notes != MAP_FAILED);
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&thread, NULL, work, (void *)i));
	printf("ready\n");
	fflush(stdout);
	pause();
	return 0;
}

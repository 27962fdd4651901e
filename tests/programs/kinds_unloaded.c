/* A thread makes an eventfd in one plugin, unloads it and loads another in its place, and closes the number again, which is a socket by
 * then: `kinds_unloaded FIRST.so SECOND.so`, see tests/hooks/kinds_test.py.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"
#include "threads.h"

#include <dlfcn.h>

static pthread_barrier_t step;
static char **plugins;
static int number;

static void former_owner(int unused)
{
	(void)unused;
	void *plugin = dlopen(plugins[0], RTLD_NOW);
	EXPECT(plugin != NULL);
	number = ((int (*)(void))dlsym(plugin, "make"))();
	close(number);
	EXPECT(dlclose(plugin) == 0);
	EXPECT(dlopen(plugins[1], RTLD_NOW) != NULL);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(number);
	pthread_barrier_wait(&step);
}

int main(int argc, char **argv)
{
	struct worker worker;
	EXPECT(argc == 3);
	plugins = argv + 1;
	pthread_barrier_init(&step, NULL, 2);
	start(&worker, former_owner, -1);
	pthread_barrier_wait(&step);
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	EXPECT(fd == number);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	close(fd);
	join(&worker);
	return 0;
}

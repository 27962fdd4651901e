/* Threads that load a plugin, call it and unload it again, each another one, all at once: `host_unload PLUGIN.so...`. What one of them
 * unloads is no business of the others.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dlfcn.h>

enum { TIMES = 600, MOST = 8 };

static void *load_and_unload(void *path)
{
	for (int i = 0; i < TIMES; i++) {
		void *plugin = dlopen(path, RTLD_NOW);
		EXPECT(plugin != NULL);
		int (*made)(void) = (int (*)(void))dlsym(plugin, "plugin_socket");
		int (*closed)(int) = (int (*)(int))dlsym(plugin, "plugin_close");
		EXPECT(closed(made()) == 0);
		EXPECT(dlclose(plugin) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[MOST];
	int n = argc - 1 < MOST ? argc - 1 : MOST;

	for (int i = 0; i < n; i++)
		EXPECT(!pthread_create(&threads[i], NULL, load_and_unload, argv[i + 1]));
	for (int i = 0; i < n; i++)
		EXPECT(!pthread_join(threads[i], NULL));
	return 0;
}

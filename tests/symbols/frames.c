/* Leaks a socket from the end of a chain of calls: one kept out of line, one inlined, one that plugins call back, one after the other.
 * `line: NAME` marks the lines that the test expects in a stack.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>

#define KEEP_FRAME __asm__ volatile("") /* a call in tail position has no frame of its own */

static __attribute__((noinline)) int make(int domain)
{
	int fd = socket(domain, SOCK_STREAM, 0); /* line: make */
	KEEP_FRAME;
	return fd;
}

static inline __attribute__((always_inline)) int inlined_deeper(int domain)
{
	int fd = make(domain); /* line: inlined_deeper */
	KEEP_FRAME;
	return fd;
}

static inline __attribute__((always_inline)) int inlined(int domain)
{
	int fd = inlined_deeper(domain); /* line: inlined */
	KEEP_FRAME;
	return fd;
}

static __attribute__((noinline)) int serve(int domain)
{
	int fd = inlined(domain); /* line: serve */
	KEEP_FRAME;
	return fd;
}

int main(int argc, char **argv)
{
	int fd = 0;
	for (int i = 1; i < argc; i++) {
		void *plugin = dlopen(argv[i], RTLD_NOW);
		int (*enter)(int (*)(int)) = plugin ? (int (*)(int (*)(int)))dlsym(plugin, "plugin_enter") : NULL;
		if (!enter)
			return fprintf(stderr, "%s\n", dlerror()), 1;
		fd = enter(serve); /* line: main_plugin */
		dlclose(plugin);
	}
	if (argc == 1)
		fd = serve(AF_INET); /* line: main */
	return fd < 0;
}

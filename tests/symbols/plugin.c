/* What frames.c loads when it is given a library.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/socket.h>

#ifndef BACK
#define BACK back
#endif

int plugin_version(void);
int plugin_version(void) { return 1; }

static __attribute__((noinline)) int BACK(int (*call)(int))
{
	int fd = call(AF_UNIX); /* line: back */
	__asm__ volatile("");
	return fd;
}

int plugin_enter(int (*call)(int));
int plugin_enter(int (*call)(int))
{
	int fd = BACK(call); /* line: plugin_enter */
	__asm__ volatile("");
	return fd;
}

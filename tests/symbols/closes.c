/* Closes a socket twice, by way of one function that only closes, and of a longer way that both share. `line: NAME` marks lines that
 * the test expects.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP static __attribute__((noinline, noclone))
#define KEEP_FRAME(n) \
	__asm__ volatile("" ::"i"(n)) /* a call in tail position has no frame of its own; alike functions are one */

KEEP void my_close(int fd)
{
	close(fd); /* line: my_close */
	KEEP_FRAME(1);
}

KEEP void drop(int fd)
{
	my_close(fd); /* line: drop */
	KEEP_FRAME(2);
}

KEEP void check_error(int fd)
{
	drop(fd); /* line: check_error */
	KEEP_FRAME(3);
	fflush(stdout);
}

KEEP void destroy(int fd)
{
	KEEP_FRAME(4);
	drop(fd); /* line: destroy */
	KEEP_FRAME(5);
}

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	check_error(fd);
	destroy(fd);
	return 0;
}

/* Sockets closed by a path that SockSan cannot see: their numbers come back as a socket and as a file, or never.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/syscall.h>

/* A close that no library sees. */
static void unseen_close(int fd)
{
#ifdef __x86_64__
	long result = 3; /* the number of close */

	__asm__ volatile("syscall" : "+a"(result) : "D"((long)fd) : "rcx", "r11", "memory");
	EXPECT(result == 0);
#else
	EXPECT(syscall(SYS_close, fd) == 0);
#endif
}

int main(void)
{
	int first = MUST(socket(AF_INET, SOCK_STREAM, 0)), second = MUST(socket(AF_INET, SOCK_STREAM, 0));
	int third = MUST(socket(AF_INET, SOCK_STREAM, 0));

	unseen_close(first);
	EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) == first);
	unseen_close(second);
	EXPECT(open("/dev/null", O_RDONLY | O_CLOEXEC) == second);
	unseen_close(third);
	close(first);
	return 0; /* the file at second is left to the kernel: no socket */
}

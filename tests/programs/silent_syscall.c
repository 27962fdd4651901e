/* A program that makes and closes its sockets with syscall.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/syscall.h>

int main(void)
{
	for (int i = 0; i < 3; i++) {
		int fd = MUST((int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));

		MUST((int)syscall(SYS_close, fd));
		fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
		MUST((int)syscall(SYS_close, fd));
	}
	return 0;
}

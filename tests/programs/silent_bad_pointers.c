/* Pointers that lead nowhere: the kernel says EFAULT, and so it stays.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/ioctl.h>
#include <sys/uio.h>

#define REFUSED(call) EXPECT((call) == -1 && errno == EFAULT)

int main(void)
{
	struct sockaddr_in at;
	void *volatile nowhere = (void *)8;
	char *none[] = {NULL};
	int server = listener(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0)),
	    fresh = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	EXPECT(bind(fresh, NULL, 0) == -1 && errno == EINVAL);
	REFUSED(bind(fresh, nowhere, sizeof at));
	REFUSED(connect(fresh, nowhere, sizeof at));
	REFUSED(setsockopt(fresh, SOL_SOCKET, SO_REUSEADDR, nowhere, sizeof(int)));
	REFUSED(getsockopt(fresh, SOL_SOCKET, SO_ERROR, nowhere, nowhere));
	REFUSED(accept(server, nowhere, nowhere));
	REFUSED(send(fd, nowhere, 1, 0));
	REFUSED(sendmsg(fd, nowhere, 0));
	REFUSED(sendmsg(fd, NULL, 0));
	REFUSED(recvmsg(fd, nowhere, MSG_DONTWAIT));
	REFUSED(writev(fd, nowhere, 1));
	REFUSED(readv(fd, nowhere, 1));
	REFUSED(sendmmsg(fd, nowhere, 1, 0));
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
	REFUSED(ioctl(fd, FIONREAD, nowhere));
	REFUSED(execve(nowhere, none, none));
	REFUSED(execve("/bin/true", nowhere, none));
	close(fresh);
	close(fd);
	close(server);
	return 0;
}

/* An epoll set and a pipe that are made on one line and left open: two mistakes, one for each kind.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAKE_BOTH(ends) (pipe2(ends, O_CLOEXEC) | epoll_create1(EPOLL_CLOEXEC))

int main(void)
{
	int ends[2];
	return MAKE_BOTH(ends) < 0;
}

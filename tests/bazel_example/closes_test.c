/* A test that closes what it opens.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <socksan.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 1;
	close(ends[0]);
	close(ends[1]);
	return socksan_check("closes_test");
}

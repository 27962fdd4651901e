/* A child is killed while it closes its last socket, which waits for a slow peer. The number of one that it closed before is taken again.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "killed_closing.h"

static void child(const struct sockaddr_in *at)
{
	close(MUST(socket(AF_INET, SOCK_DGRAM, 0)));
	linger(at);
}

int main(void) { return kill_closing(child); }

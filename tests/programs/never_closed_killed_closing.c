/* A child is killed while one socket is open: a warning. Another one is being closed then, which waits for a slow peer: its close has begun, and no
 * line tells that it ended.
 * Expect: never-closed cause=never-used severity=warning function=child count=1
 * SPDX-License-Identifier: Apache-2.0
 */
#include "killed_closing.h"

static void child(const struct sockaddr_in *at)
{
	MUST(socket(AF_INET, SOCK_DGRAM, 0));
	linger(at);
}

int main(void) { return kill_closing(child); }

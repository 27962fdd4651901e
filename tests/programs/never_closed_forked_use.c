/* A parent binds UDP sockets on which its children answer. One closes its socket, one ends with it, one is killed, and the parent forgets
 * all three: they were used, by others.
 * Expect: never-closed cause=in-use function=serve count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "forked_use.h"

int main(void)
{
	serve(CLOSES);
	serve(ENDS);
	serve(IS_KILLED);
	return 0;
}

/* The parent closes the UDP sockets on which its children answered.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "forked_use.h"

int main(void)
{
	for (enum end end = CLOSES; end <= IS_KILLED; end++)
		close(serve(end));
	return 0;
}

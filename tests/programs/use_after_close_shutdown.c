/* Close first, then shutdown: the wrong way round.
 * Expect: use-after-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	shutdown(ends[0], SHUT_RDWR);
	close(ends[1]);
	return 0;
}

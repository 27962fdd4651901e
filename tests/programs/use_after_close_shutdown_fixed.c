/* Shutdown first, then close.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	shutdown(ends[0], SHUT_RDWR);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

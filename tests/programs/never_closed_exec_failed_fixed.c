/* The program that was to take over is not there, and this one closes its socket itself.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "x", 1, 0));
	take(ends[1], 1);
	execl("/nonexistent/program", "program", NULL);
	perror("exec");
	close(ends[0]);
	close(ends[1]);
	return 0;
}

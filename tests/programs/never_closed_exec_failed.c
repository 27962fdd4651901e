/* The program that was to take over is not there; the close-on-exec socket was not closed, and is not by this one.
 * Expect: never-closed cause=peer-closed function=main
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
	close(ends[1]);
	return 0;
}

/* The corrected twin of use_after_close_fdopen: the stream is made while the socket is open, and owns it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	FILE *stream = fdopen(ends[0], "r");
	EXPECT(stream != NULL);
	fclose(stream);
	close(ends[1]);
	return 0;
}

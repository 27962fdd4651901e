/* freopen closes the socket under a stream and puts a file there.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	FILE *stream;

	connection(ends);
	stream = fdopen(ends[0], "w");
	EXPECT(stream != NULL);
	fputs("hello\n", stream);
	stream = freopen("/dev/null", "w", stream);
	EXPECT(stream != NULL);
	fputs("to a file\n", stream);
	fclose(stream);
	take(ends[1], 6);
	close(ends[1]);
	return 0;
}

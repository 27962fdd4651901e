/* fclose alone ends a stream made by fdopen.
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
	EXPECT(stream != NULL && fputs("hello\n", stream) >= 0);
	fclose(stream);
	take(ends[1], 6);
	close(ends[1]);
	return 0;
}

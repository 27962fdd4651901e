/* fclose closes the socket under a stream.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char line[8];
	FILE *in, *out;

	connection(ends);
	out = fdopen(ends[0], "w");
	in = fdopen(ends[1], "r");
	EXPECT(in != NULL && out != NULL);
	fputs("hello\n", out);
	EXPECT(fclose(out) == 0);
	EXPECT(fgets(line, sizeof line, in) != NULL && strcmp(line, "hello\n") == 0);
	EXPECT(fclose(in) == 0);
	return 0;
}

/* Each side says that it is done and still hears the other out.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char byte;

	connection(ends);
	MUST(send(ends[0], "a", 1, 0));
	MUST(shutdown(ends[0], SHUT_WR));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	EXPECT(recv(ends[1], &byte, 1, 0) == 0);
	MUST(send(ends[1], "b", 1, 0));
	MUST(shutdown(ends[1], SHUT_WR));
	EXPECT(recv(ends[0], &byte, 1, 0) == 1);
	EXPECT(recv(ends[0], &byte, 1, 0) == 0);
	shutdown(ends[0], SHUT_RDWR); /* once more: harmless */
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* system and popen run programs while sockets are open.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char line[8];
	FILE *command;

	connection(ends);
	EXPECT(system("true") == 0);
	command = popen("echo hello", "r");
	EXPECT(command != NULL && fgets(line, sizeof line, command) != NULL);
	EXPECT(pclose(command) == 0);
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[1], line, 1, 0) == 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* The number of a closed socket now belongs to a file: using and closing that is no misuse of the socket.
 * Closing the file twice is a mistake, but not one of a socket.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	char byte;
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), file;

	close(fd);
	file = MUST(open("/dev/null", O_RDWR | O_CLOEXEC));
	EXPECT(file == fd);
	EXPECT(read(file, &byte, 1) == 0 && write(file, "x", 1) == 1);
	close(file);
	EXPECT(close(file) == -1);
	return 0;
}

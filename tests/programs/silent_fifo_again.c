/* A named pipe has one writer after another: the end of what the first had to say is not the end.
 * Expect: silent
 * Options: --kinds=pipe --limit=close-wait=10ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <stdlib.h>
#include <sys/stat.h>

int main(void)
{
	char folder[] = "/tmp/socksan-fifo-XXXXXX", path[64], byte;

	EXPECT(mkdtemp(folder) != NULL);
	sprintf(path, "%s/fifo", folder);
	MUST(mkfifo(path, 0600));
	int reader = MUST(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	for (int turn = 0; turn < 2; turn++) {
		int writer = MUST(open(path, O_WRONLY | O_CLOEXEC));
		EXPECT(write(writer, "x", 1) == 1);
		close(writer);
		EXPECT(read(reader, &byte, 1) == 1);
		EXPECT(read(reader, &byte, 1) == 0);
		usleep(30000);
	}
	close(reader);
	unlink(path);
	rmdir(folder);
	return 0;
}

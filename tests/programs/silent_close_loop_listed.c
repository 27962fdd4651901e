/* A child closes what /proc/self/fd lists, the list itself among it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>

int main(void)
{
	int ends[2];
	pid_t child;

	connection(ends);
	close(ends[0]); /* the list gets its number */
	child = MUST(fork());
	if (child == 0) {
		DIR *list = opendir("/proc/self/fd");
		struct dirent *entry;

		EXPECT(list != NULL);
		while ((entry = readdir(list)))
			if (*entry->d_name != '.' && atoi(entry->d_name) > 2)
				close(atoi(entry->d_name));
		closedir(list);
		_exit(0);
	}
	wait_for(child);
	close(ends[1]);
	return 0;
}

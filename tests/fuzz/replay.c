/* The main of a fuzz target where libFuzzer is not linked: runs each file below the folders that it is given.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "tests/fuzz/fuzz.h"

int main(int argc, char **argv)
{
	FTSENT *entry;
	size_t n_files = 0, n;
	int kept = 0;
	for (int i = 1; i < argc; i++) /* options are libFuzzer's */
		if (argv[i][0] != '-')
			argv[kept++] = argv[i];
	argv[kept] = NULL;
	FTS *files = kept ? fts_open(argv, FTS_LOGICAL | FTS_NOCHDIR, NULL) : NULL;
	while (files && (entry = fts_read(files))) {
		if (entry->fts_info != FTS_F)
			continue;
		char *text = read_file(entry->fts_accpath, &n);
		if (!text) {
			perror(entry->fts_accpath);
			return 1;
		}
		printf("%s\n", entry->fts_accpath);
		fflush(stdout);
		LLVMFuzzerTestOneInput((uint8_t *)text, n);
		free(text);
		n_files++;
	}
	if (files)
		fts_close(files);
	printf("%zu files\n", n_files);
	return n_files == 0;
}

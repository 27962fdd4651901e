/* Files that are used again instead of being removed: just after many were removed, ext4 takes a millisecond to make one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_SPARE_FILES_H
#define SOCKSAN_ANALYZER_FLEET_SPARE_FILES_H

#include <stdio.h>

struct spare_files;

/* `folder`: where they are kept. It is not removed with them. */
struct spare_files *spare_files_new(const char *folder);
void spare_files_free(struct spare_files *spare);

/* Opens a file to append to it, and makes it if it is not there. NULL with errno if that fails. */
FILE *spare_files_open(struct spare_files *spare, const char *path);

/* Returns 0, or -1 with errno if something could not be written. */
int spare_files_close(FILE *file);

/* Keeps the files of a folder, and removes the folder. */
void spare_files_take(struct spare_files *spare, const char *folder);

#endif

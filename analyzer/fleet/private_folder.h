/* A folder of this process alone, which is gone when it has ended, however it ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_PRIVATE_FOLDER_H
#define SOCKSAN_ANALYZER_FLEET_PRIVATE_FOLDER_H

#include <sys/types.h>

struct private_folder {
	char *path;
	pid_t guard; /* removes it, once `hold` is closed; 0: there is none */
	int hold;
};

/* Makes one. Returns 0, or -1 with the message written. */
int private_folder_make(struct private_folder *folder) __attribute__((warn_unused_result));

/* Removes it with all that is in it, unless it was not made. */
void private_folder_remove(struct private_folder *folder);

/* Removes any folder, or file. */
void remove_tree(const char *path);

#endif

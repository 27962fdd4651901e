/* What another user may do with a file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ACCESS_AS_H
#define SOCKSAN_ANALYZER_ACCESS_AS_H

#include <sys/types.h>

/* As access(2) for that user and group, if this is root; for anyone else, what he may do himself. Returns 0, or an errno. */
int access_as(uid_t user, gid_t group, const char *path, int mode);

#endif

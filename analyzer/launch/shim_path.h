/* Where libsocksan.so is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SHIM_PATH_H
#define SOCKSAN_ANALYZER_SHIM_PATH_H

/* Returns an allocated absolute path that is valid in LD_PRELOAD, or NULL with the message written. */
char *shim_path(void);

/* The same without a message: NULL with the reason in `why`, to be freed. */
char *shim_find(char **why) __attribute__((warn_unused_result));

/* Likewise of libsocksan-inject.so, which belongs to this shim. NULL: it is not there. */
char *inject_path(const char *shim);

#endif

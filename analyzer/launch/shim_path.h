/* Where libsocksan.so is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SHIM_PATH_H
#define SOCKSAN_ANALYZER_SHIM_PATH_H

/* An allocated absolute path that LD_PRELOAD can hold, or NULL when there is none; the message is written. */
char *shim_path(void);

/* Likewise of libsocksan-inject.so, which belongs to this shim. NULL: it is not there. */
char *inject_path(const char *shim);

#endif

/* Which packages of the machine have the names and lines of a stripped program or library.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DEBUG_PACKAGES_H
#define SOCKSAN_ANALYZER_DEBUG_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the package that each of some files came with, by dpkg's lists of files, which are only read: `packages[i]` is to be freed, NULL:
 * none. False: this machine has no dpkg. */
bool packages_of(const char *const *files, size_t n, char **packages);

#endif

/* Finds packages of this machine with the names and lines of a stripped program or library.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DEBUG_PACKAGES_H
#define SOCKSAN_ANALYZER_DEBUG_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the package that each file came with, in dpkg's lists of files: `packages[i]` is to be freed, NULL: none. Returns false if this
 * machine has no dpkg. */
bool packages_of(const char *const *files, size_t n, char **packages);

#endif

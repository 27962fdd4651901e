/* Waits for new files in folders: a segment of a trace may be there for a moment only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_FOLDER_WATCH_H
#define SOCKSAN_ANALYZER_FLEET_FOLDER_WATCH_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor for folder_watch_wait(); paths that are no folders, or cannot be watched, are left out. -1: nothing can be watched. */
int folder_watch_new(const char *const *paths, size_t n);

/* Returns after so many ns, or at a signal, or as soon as there is a new file. */
void folder_watch_wait(int watch, int64_t ns);

#endif

/* Files beside the traces in which processes listed what they had open, for the notes of a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_WRITTEN_H
#define SOCKSAN_ANALYZER_WRITTEN_H

#include <stddef.h>

struct report;

/* Adds a note for each, for these traces and folders. */
void note_written(struct report *report, const char *const *paths, size_t n);

#endif

/* What processes wrote beside their traces of what they had open, for the notes of a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_WRITTEN_H
#define SOCKSAN_ANALYZER_WRITTEN_H

#include <stddef.h>

struct report;

/* Names them, of these traces and folders. */
void note_written(struct report *report, const char *const *paths, size_t n);

#endif

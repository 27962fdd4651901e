/* Shows the progress of an exploration on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROGRESS_LINE_H
#define SOCKSAN_ANALYZER_PROGRESS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/report/explored.h"

/* Shows how many are done, left and found, and the time: at most a few times a second. */
void progress_line(const struct explored *explored, size_t found, int64_t took);

/* Clears the line. */
void progress_line_end(void);

#endif

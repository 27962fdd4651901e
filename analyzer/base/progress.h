/* Shows the progress of long work on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROGRESS_H
#define SOCKSAN_ANALYZER_PROGRESS_H

#include <stdint.h>

/* Starts a phase, such as "reading traces". The string is not copied. */
void progress_stage(const char *what);

/* Shows nothing during the first two seconds, or if standard error is not a terminal. */
void progress_show(uint64_t done, uint64_t total);

/* Erases what was shown. */
void progress_end(void);

#endif

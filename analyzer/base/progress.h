/* Tells a terminal how far long work is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROGRESS_H
#define SOCKSAN_ANALYZER_PROGRESS_H

#include <stdint.h>

/* What is being done from now on, such as "reading traces". The string is kept. */
void progress_stage(const char *what);

/* Shows nothing before two seconds, nor where standard error is no terminal. */
void progress_show(uint64_t done, uint64_t total);

/* Wipes what was shown. */
void progress_end(void);

#endif

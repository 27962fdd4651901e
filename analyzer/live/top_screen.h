/* The live view on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TOP_SCREEN_H
#define SOCKSAN_ANALYZER_TOP_SCREEN_H

#include "analyzer/live/top.h"

/* Refreshes every `every` ns, `times` times (0: until a key ends it), and shows the result. Returns -1 if the terminal is not suitable, and
 * does nothing. While it runs, standard error is closed. */
int top_screen(struct top *top, int64_t every, size_t times) __attribute__((warn_unused_result));

#endif

/* The terminal's capabilities.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TERMINAL_H
#define SOCKSAN_ANALYZER_TERMINAL_H

#include <stdbool.h>

/* Whether TERM is known, and its cursor can be moved. */
bool terminal_has_screen(void);

#endif

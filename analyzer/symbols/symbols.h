/* From addresses to functions, files and lines, by the debug information or at least the symbols of each module.
 *
 * Modules are opened when a stack that is reported has a frame in them, and never when they are not the very file that
 * the traced process had (told by its build-id): then a frame stays module and offset.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SYMBOLS_H
#define SOCKSAN_ANALYZER_SYMBOLS_H

#include <stdio.h>

#include "analyzer/replay/stacks.h"
#include "analyzer/symbols/symbol.h"

/* Kept: the same stack gives the same pointer. SockSan's own frames are left out. */
const struct symbols *symbolize(const struct stack *stack);

/* Closes the modules and frees what symbolize() gave. */
void symbols_forget(void);

/* The innermost frame in the user's code; without one the innermost of all; NULL for an empty stack. */
const struct symbol *symbols_location(const struct symbols *symbols);

/* Where a function is: "file:line", "file", or "module+0xoffset". */
void print_location(FILE *out, const struct symbol *symbol);

#endif

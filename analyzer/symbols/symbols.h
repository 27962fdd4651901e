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

/* The same with what lies in the C library below the program, of a stack that ends in no call of it; to be freed. */
struct symbols *symbolize_whole(const struct stack *stack);

/* Closes the modules and frees what symbolize() gave. */
void symbols_forget(void);

/* The place that a stack is shown by: the innermost frame in the user's code, without one the innermost of all. One with a name
 * goes before one that is but an offset, and what is in no module, as compiled at run time, is no place. NULL: there is none. */
const struct symbol *symbols_location(const struct symbols *symbols);

/* The place of a stack that closes, against the stack of the other close: what both have innermost, and a function that does no
 * more than close, say not which of the callers is wrong. */
const struct symbol *symbols_diverging(const struct symbols *symbols, const struct symbols *other);

/* Whether the own frames of `symbols` are the outermost of `other`, which has more: an event loop ran both, and what `other` has beside
 * them asked for what `symbols` did. */
bool symbols_are_outer(const struct symbols *symbols, const struct symbols *other);

/* Where a function is: "file:line", "file", or "module+0xoffset". */
void print_location(FILE *out, const struct symbol *symbol);

#endif

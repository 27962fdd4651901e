/* From addresses to functions, files and lines, by the debug information or at least the symbols of each module.
 *
 * A module is opened if a reported stack has a frame in it, and only if it is the very file that the traced process had, verified by its
 * build-id: otherwise frames show only module and offset.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SYMBOLS_H
#define SOCKSAN_ANALYZER_SYMBOLS_H

#include <stdio.h>

#include "analyzer/replay/stacks.h"
#include "analyzer/symbols/symbol.h"

/* Cached: the same stack returns the same pointer. SockSan's own frames are left out. */
const struct symbols *symbolize(const struct stack *stack);

/* The same with what lies in the C library below the program, of a stack that ends in no call of it; to be freed. */
struct symbols *symbolize_whole(const struct stack *stack);

/* Closes the modules and frees the results of symbolize(). */
void symbols_forget(void);

/* The place that represents a stack: the innermost user frame, else the innermost frame. One with a name is preferred over one with only an
 * offset; code without a module, compiled at run time, is never a place. NULL: there is none. */
const struct symbol *symbols_location(const struct symbols *symbols);

/* The place of a stack that closes, compared with the stack of the other close: what both have in common innermost, and functions that only
 * close, do not show which caller is wrong. */
const struct symbol *symbols_diverging(const struct symbols *symbols, const struct symbols *other);

/* Whether the user frames of `symbols` are the outermost of `other`, which has more: an event loop ran both, and what `other` has in
 * addition asked for what `symbols` did. */
bool symbols_are_outer(const struct symbols *symbols, const struct symbols *other);

/* Where a function is: "file:line", "file", or "module+0xoffset". */
void print_location(FILE *out, const struct symbol *symbol);

#endif

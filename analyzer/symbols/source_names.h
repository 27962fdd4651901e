/* What functions and files are called in the source. What is returned is interned; NULL: not known.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_NAMES_H
#define SOCKSAN_ANALYZER_SOURCE_NAMES_H

#include <stdbool.h>

#include "analyzer/symbols/functions.h"

/* The path of a source file without what the build put around it. */
const char *source_path(const char *path);

/* Where a function was inlined: the file, and the line, 0 when it is not known. */
const char *inlined_file(Dwarf_Die *inlined);
int inlined_line(Dwarf_Die *inlined);

/* A function of `functions` with its namespaces and classes, without its parameters. */
const char *function_name(struct functions *functions, Dwarf_Die *die);

/* The same for a name of the symbol table; `name` may be NULL. */
const char *symbol_name(const char *name);

/* Whether a symbol's name is that of the function with its namespaces and classes, which -g1 leaves out. */
bool tells_more(const char *symbol, const char *function);

#endif

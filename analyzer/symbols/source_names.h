/* Names of functions and files as in the source. Results are interned; NULL: unknown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_NAMES_H
#define SOCKSAN_ANALYZER_SOURCE_NAMES_H

#include <stdbool.h>

#include "analyzer/symbols/functions.h"

/* The folder in which the compiler ran, as long as the module is open; NULL: unknown, or of another machine. */
const char *compile_folder(Dwarf_Die *unit);

/* The path of a source file without what the build prepended. A relative one is of `folder`, if that is not NULL. */
const char *source_path(const char *path, const char *folder);

/* Where a function was inlined: the file, as by source_path(), and the line, 0 if unknown. */
const char *inlined_file(Dwarf_Die *inlined, const char *folder);
int inlined_line(Dwarf_Die *inlined);

/* A function of `functions` with its namespaces and classes, without its parameters. */
const char *function_name(struct functions *functions, Dwarf_Die *die);

/* The same for a name in the symbol table; `name` may be NULL. */
const char *symbol_name(const char *name);

/* Whether a symbol's name is the function's with namespaces and classes, which -g1 leaves out. */
bool tells_more(const char *symbol, const char *function);

#endif

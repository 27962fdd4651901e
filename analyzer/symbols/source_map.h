/* From JavaScript that a tool wrote to the TypeScript or whatever it was made of, by its source map (ECMA-426, revision 3).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_MAP_H
#define SOCKSAN_ANALYZER_SOURCE_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* What the text of a map says a place was made from: the source as it names it, to be freed, and its line. NULL: nothing. Lines and columns
 * are from 1 on. The text may be anything. */
char *source_map_find(const char *text, size_t n, int line, int column, int *source_line);

/* The same by the map that the generated file names, or that lies beside it as FILE.map: an interned path. The files are as they are now. */
const char *source_map_place(const char *file, int line, int column, int *source_line);

/* Frees the maps that were read. */
void source_maps_forget(void);

#endif

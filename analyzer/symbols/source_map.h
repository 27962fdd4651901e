/* From generated JavaScript to its source, TypeScript or another, by a source map (ECMA-426, revision 3).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_MAP_H
#define SOCKSAN_ANALYZER_SOURCE_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* The source of a place according to the text of a map: its name, to be freed, and its line. NULL: none. Lines and columns count from 1.
 * The text is not trusted. */
char *source_map_find(const char *text, size_t n, int line, int column, int *source_line);

/* The same by the map that the generated file names, or the file FILE.map next to it: an interned path. Uses the files as they are now. */
const char *source_map_place(const char *file, int line, int column, int *source_line);

/* Frees the maps that were read. */
void source_maps_forget(void);

#endif

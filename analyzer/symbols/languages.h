/* What belongs to a language: its source files, and its library.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LANGUAGES_H
#define SOCKSAN_ANALYZER_LANGUAGES_H

#include <stdbool.h>

#include "shim/model/words.h"

/* Whether a file may be a source in a language other than C, by its name. */
bool is_source_of(enum lang lang, const char *path);

/* Whether the file of a frame is part of the library that comes with the language's interpreter, wherever that is installed, or of a
 * package. */
bool is_library_of(enum lang lang, const char *file);

#endif

/* The source around a place, if the file is available and unchanged.
 *
 * A trace is not trusted: its author may name any file, and the reader of the report may not be allowed to read that file. So a file is
 * shown only if all of these are true:
 *   - For a native frame, it was named by the debug information of a module that is on this machine and has the trace's build-id. A trace
 *     alone cannot name it. For Python, the trace names the file.
 *   - It has the suffix of a source in its language, also after following links: no /etc/shadow, no key, no ".env".
 *   - It is below the working directory, or everybody may read it: running the analyzer as root reveals nothing that is kept from others.
 *   - It is a regular file, small enough for a source, and without NUL bytes.
 *   - It was last modified before the module was, or before the Python program started: otherwise its lines may have moved.
 * In a report merged from others none of this is known, and no source is shown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_LINES_H
#define SOCKSAN_ANALYZER_SOURCE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/symbols/symbol.h"

enum { SOURCE_LINES = 3, SOURCE_COLUMNS = 120 };

/* The line of a place and its neighbours, each safe to print, at most SOURCE_COLUMNS characters long, and to be freed; `*first` is the
 * number of the first. `began`: when the program started, in ns since the epoch, 0: unknown. Returns the number of lines: 0 if none may be
 * shown. */
size_t source_lines(const struct symbol *place, int64_t began, char *lines[SOURCE_LINES], int *first);

#endif

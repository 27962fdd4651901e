/* The source around a place, where it is at hand and as it was.
 *
 * A trace is not to be trusted: whoever wrote it may name any file, and whoever reads the report may not be allowed to read
 * that file. So a file is shown only when all of this holds:
 *   - A native frame's was named by the debug information of a module that is on this machine and has the build-id of the trace. A trace
 *     alone cannot name it. Python's files are named by the trace itself.
 *   - It is called like a source in its language, also where its links lead: no /etc/shadow, no key, no ".env".
 *   - It is below the working folder, or everybody may read it: running the analyzer as root shows nothing that is kept from others.
 *   - It is a regular file, small enough for a source, and without NUL bytes.
 *   - It was last changed before the module was, or before the Python program began: else its lines may have moved.
 * Of a report that is merged from others nothing is known of this, and no source is shown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_LINES_H
#define SOCKSAN_ANALYZER_SOURCE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/symbols/symbol.h"

enum { SOURCE_LINES = 3, SOURCE_COLUMNS = 120 };

/* The line of a place and its neighbours, each safe to print, of no more than SOURCE_COLUMNS characters, and to be freed; `*first` is the number of the
 * first. `began`: when the program did, in ns since the epoch, 0: not known. How many lines: 0 where none may be shown. */
size_t source_lines(const struct symbol *place, int64_t began, char *lines[SOURCE_LINES], int *first);

#endif

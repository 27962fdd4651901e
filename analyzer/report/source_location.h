/* Where a violation is shown to a reviewer: a frame of its stacks, and the path of its file in the repository.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_LOCATION_H
#define SOCKSAN_ANALYZER_SOURCE_LOCATION_H

#include "analyzer/report/report_data.h"

/* The top of the repository that the working folder is in, as .git tells; without one the working folder. */
const char *repo_root(void);

/* The path of a file from the top of the repository, to be freed; NULL: it is outside. A relative one, as builds with
 * mapped paths have them, is taken from the top or from the working folder, wherever it is there. */
char *repo_path(const char *file);

/* A path from the working folder, when it is below that; else as it is. */
const char *path_from_here(const char *file);

/* "src/a%20b.c" for a path, to be freed. */
char *uri_of_path(const char *path);

/* The place of a violation: the innermost frame of one's own, else the innermost; of the stack where it went wrong, then of those
 * where the socket was made or closed. Of a second close, beyond what the two have in common: see symbols_diverging(). NULL: no
 * stack has a place. */
const struct symbol *item_place(const struct report_item *item);

/* The same for who reviews a repository: an own frame whose file is in it, where there is one. */
const struct symbol *item_location(const struct report_item *item);

/* Of something closed twice, the place of the first close; NULL: it is no such violation, or that is not known. */
const struct symbol *first_close(const struct report_item *item);

#endif

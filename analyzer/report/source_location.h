/* Where a violation is shown to a reviewer: a frame of its stacks, and the path of its file in the repository.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOURCE_LOCATION_H
#define SOCKSAN_ANALYZER_SOURCE_LOCATION_H

#include "analyzer/report/report_data.h"

/* The top of the repository that the working directory is in, found by .git; otherwise the working directory. */
const char *repo_root(void);

/* The path of a file relative to the top of the repository, to be freed; NULL: it is outside. A relative one, as from builds with mapped
 * paths, is looked up at the top and in the working directory. */
char *repo_path(const char *file);

/* A path relative to the working directory if it is below that; else unchanged. */
const char *path_from_here(const char *file);

/* "src/a%20b.c" for a path, to be freed. */
char *uri_of_path(const char *path);

/* The place of a violation: the innermost user frame, else the innermost frame; of the stack where it went wrong, then of those where the
 * socket was made or closed. For a second close, beyond what both closes have in common: see symbols_diverging(). NULL: no stack has a
 * place. */
const struct symbol *item_place(const struct report_item *item);

/* The same for a review of a repository: a user frame whose file is in it, if there is one. */
const struct symbol *item_location(const struct report_item *item);

/* For a double close, the place of the first close; NULL: it is another violation, or that is unknown. */
const struct symbol *first_close(const struct report_item *item);

#endif

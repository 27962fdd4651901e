/* What `socksan fleet top` shows: a view of the database, as a table of text or as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_VIEW_H
#define SOCKSAN_ANALYZER_FLEET_VIEW_H

#include <stdbool.h>

#include "analyzer/fleet/question.h"
#include "analyzer/fleet/server.h"

/* The name of a view, NULL after the last. */
const char *view_name(size_t i);

/* Whether a view has this column, by which its rows can then be chosen. */
bool view_has(size_t view, const char *column);

/* Shows at most `max` rows, or all with 0. `since_version`: of the view "new", what was first seen no earlier than this version; NULL: all.
 * Returns 0, or -1 with the message written. */
int view_show(struct server *server, const struct fleet_question *question, size_t view, const char *since_version,
	      size_t max, bool json) __attribute__((warn_unused_result));

#endif

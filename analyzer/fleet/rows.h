/* Answers of a server as rows of fields, read as they arrive: none is kept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_ROWS_H
#define SOCKSAN_ANALYZER_FLEET_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/fleet/server.h"

/* A field is without ClickHouse's escapes and ends with a NUL; it is gone after the call. */
struct field {
	char *text;
	size_t n;
};

/* Passes each row of the answer to a query to `take`, which returns false to end. `fields` is how many each has. Returns 0, or -1 with the
 * message written. */
int rows_read(struct server *server, const char *sql, size_t fields,
	      bool (*take)(void *context, const struct field *row), void *context) __attribute__((warn_unused_result));

#endif

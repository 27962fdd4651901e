/* What was registered in an epoll set, in JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_REGISTERED_H
#define SOCKSAN_ANALYZER_REPORT_REGISTERED_H

#include <jansson.h>

#include "analyzer/replay/registered.h"
#include "analyzer/symbols/symbol.h"

/* `at` has the symbol of each place; NULL: unknown. */
json_t *registered_json(const struct registered *registered, const struct symbol *const at[REGISTERED_PLACES]);

/* Reads one back; NULL is none. `at` points into `room`, which is the caller's. Returns NULL, or what is wrong, to be freed. */
char *registered_read(const json_t *json, struct registered *registered, struct symbol room[REGISTERED_PLACES],
		      const struct symbol *at[REGISTERED_PLACES]) __attribute__((warn_unused_result));

#endif

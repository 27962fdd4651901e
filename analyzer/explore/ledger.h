/* A record in a file of what was tried, so that an exploration that was stopped can continue.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LEDGER_H
#define SOCKSAN_ANALYZER_LEDGER_H

#include <jansson.h>
#include <stdbool.h>

#include "analyzer/explore/plan.h"

struct ledger;

/* If path is NULL, nothing is kept: *ledger becomes NULL, with which the functions do nothing. False, after a message, if the file, which is
 * left unchanged, is not from an exploration of this command or cannot be used. */
bool ledger_open(struct ledger **ledger, const char *path, const char *command) __attribute__((warn_unused_result));

/* What was recorded when this was tried, which settles it: an object with "found", and the "processes" that this names; NULL if it was not tried.
 * Borrowed. */
const json_t *ledger_find(struct ledger *ledger, struct planned *planned);

/* found, processes: may be NULL. */
void ledger_put(struct ledger *ledger, const struct planned *planned, json_t *found, json_t *processes);
void ledger_close(struct ledger *ledger);

#endif

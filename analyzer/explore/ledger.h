/* What was tried, kept in a file, so that an exploration that was stopped goes on there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LEDGER_H
#define SOCKSAN_ANALYZER_LEDGER_H

#include <jansson.h>
#include <stdbool.h>

#include "analyzer/explore/plan.h"

struct ledger;

/* path NULL: nothing is kept, and the functions do nothing with the NULL that *ledger becomes. False, with the message written and the file
 * as it was: it is no file of an exploration of this command, or cannot be used. */
bool ledger_open(struct ledger **ledger, const char *path, const char *command) __attribute__((warn_unused_result));

/* What was found when this was tried, which then is settled; NULL: it was not, or nothing was found. Borrowed. */
json_t *ledger_find(struct ledger *ledger, struct planned *planned);

void ledger_put(struct ledger *ledger, const struct planned *planned, const json_t *found);
void ledger_close(struct ledger *ledger);

#endif

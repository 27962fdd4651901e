/* What reports of `socksan explore` say beside their violations, folded into one: what was tried, and what processes told of faults.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_MERGE_EXPLORED_H
#define SOCKSAN_ANALYZER_MERGE_EXPLORED_H

#include <jansson.h>

#include "analyzer/report/explored.h"

/* Reads "explored" of a report, which may be absent: `*explored` is then NULL. Returns NULL, or what is wrong, to be freed; in either case
 * `*explored` is the caller's, for merged_explored_free(). */
char *explored_read(const json_t *report, struct explored **explored) __attribute__((warn_unused_result));

/* Folds `from` into `*into`: runs, time and what was left out are added up; of a failure that both list, the result that says more stays. */
void explored_unite(struct explored **into, struct explored *from);

/* Sorts the places, those of the user's own code first, so that the order of the reports does not matter. */
void explored_settle(struct explored *explored);

void merged_explored_free(struct explored *explored);

/* Reads an element of "faults", and adds it to the array if it is not there. Returns NULL, or what is wrong, to be freed. */
char *fault_add(json_t *faults, const json_t *element) __attribute__((warn_unused_result));

/* In an order of their own, to be released. */
json_t *faults_sorted(const json_t *faults);

#endif

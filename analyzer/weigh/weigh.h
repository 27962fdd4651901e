/* What a finding is worth: whose code it is in, what speaks for it, and hence its severity and its place in a report.
 *
 * A violation in the user's own code has the severity that the judge gave it. Elsewhere it needs evidence, and is a note without it:
 * what a packaged program leaves to its end, once, is most often by design.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_WEIGH_H
#define SOCKSAN_ANALYZER_WEIGH_H

#include "analyzer/judge/finding.h"
#include "analyzer/judge/limits.h"
#include "analyzer/symbols/symbol.h"

/* Fills in `own` and `evidence`, and settles the severity. `stacks` by enum role; NULL: none. */
void weigh(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT], const struct limits *limits);

/* Orders findings as reports have them, as strcmp(3): by severity, then what has most evidence, then by time. */
int weigh_compare(const struct finding *a, const struct finding *b);

#endif

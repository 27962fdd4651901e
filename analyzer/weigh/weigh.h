/* The weight of a finding: whose code it is in and the evidence for it, and hence its severity and its place in a report.
 *
 * A violation in user code has the severity that the judge gave it. Elsewhere it needs evidence, and without it is a note: what a packaged
 * program leaves open at exit, once, is usually by design.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_WEIGH_H
#define SOCKSAN_ANALYZER_WEIGH_H

#include "analyzer/judge/finding.h"
#include "analyzer/judge/limits.h"
#include "analyzer/symbols/symbol.h"

/* Fills in `own` and `evidence`, and decides the severity. `stacks` by enum role; NULL: none. */
void weigh(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT], const struct limits *limits);

/* Orders findings as reports list them, like strcmp(3): by severity, then by evidence, then by time. */
int weigh_compare(const struct finding *a, const struct finding *b);

#endif

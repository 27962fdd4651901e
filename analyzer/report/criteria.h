/* What fails: suppressions, baseline and --fail-on, applied to a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CRITERIA_H
#define SOCKSAN_ANALYZER_CRITERIA_H

#include "analyzer/report/baseline.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/suppress.h"

struct criteria {
	bool fail_severity[SEVERITIES]; /* --fail-on=error and warning */
	bool fail_code[CODES];		/* --fail-on=CODE,... */
	bool allow_dropped;
	bool has_baseline;
	bool no_defaults; /* --no-default-suppressions */
	struct suppressions *suppressions;
	struct baseline *baseline;
};

/* Marks each item as suppressed, known or failing; marks that are set already stay. Suppressions that matched nothing become notes, except
 * default ones. True if any item fails. */
bool criteria_apply(const struct criteria *criteria, struct report *report);

#endif

/* What every format of the report is written from; for report.c and report_FORMAT.c only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_DATA_H
#define SOCKSAN_ANALYZER_REPORT_DATA_H

#include <stdio.h>

#include "analyzer/fingerprint.h"
#include "analyzer/judge.h"
#include "analyzer/replay.h"
#include "analyzer/symbols.h"

struct report_item {
	const struct finding *finding;
	const struct symbols *stacks[ROLE_COUNT]; /* NULL: none */
	char fingerprint[FINGERPRINT_SIZE];
};

struct report {
	const struct report_item *items;
	size_t n_items;
	const struct process *processes;
	struct replay_totals totals;
	uint64_t torn;
	bool observed; /* false: no process was seen at all */
	char **notes;  /* true things that are no violation */
	size_t n_notes;
};

/* Each writes one format. -1: writing failed. */
int report_text(FILE *out, const struct report *report);
int report_json(FILE *out, const struct report *report);

#endif

/* Delivers a report: applies suppressions, baseline and --fail-on, and writes every output.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DELIVER_H
#define SOCKSAN_ANALYZER_DELIVER_H

#include <stdio.h>

#include "analyzer/report/criteria.h"
#include "analyzer/report/outputs.h"
#include "analyzer/report/report_data.h"

/* NOT: failed, with the message written. FAILING: something reached --fail-on. INCOMPLETE: nothing did, or that is forgiven, but the report
 * is incomplete, and --allow-dropped is not given. */
enum delivered { DELIVERED_NOT, DELIVERED_CLEAN, DELIVERED_FAILING, DELIVERED_INCOMPLETE };

/* What is applied to a report. */
struct delivery {
	struct criteria criteria;
	struct outputs outputs;
	bool forgiving;			    /* what reaches --fail-on does not make the status a failure */
	size_t max;			    /* --max */
	bool full_stacks;		    /* if the report is made from traces */
	const struct replay_totals *beyond; /* of processes that the report is not made from; NULL: there are none */
	FILE *into;			    /* where the main report goes; NULL: where the command writes it */
};

/* The main report goes to `main_output`. */
enum delivered deliver(const struct delivery *delivery, struct report *report, FILE *main_output)
	__attribute__((warn_unused_result));

#endif

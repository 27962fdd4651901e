/* What is to be tried, the most promising first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PLAN_H
#define SOCKSAN_ANALYZER_PLAN_H

#include "analyzer/explore/exploration.h"
#include "analyzer/explore/undisturbed.h"
#include "analyzer/report/explored.h"

/* A failure to be tried. */
struct planned {
	struct explored_site *site;
	struct explored_fault *fault;
	enum faulty call;
	unsigned rank;	   /* the least first */
	unsigned attempts; /* in which the call was not met */
	bool running;
};

struct plan {
	struct planned *list;
	size_t n;
};

/* Fills in the places of `explored`, whose stacks are its own. */
struct plan plan_make(const struct exploration *wanted, const struct undisturbed *base, struct explored *explored);

#endif

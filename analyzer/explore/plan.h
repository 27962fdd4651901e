/* What to try, the most promising first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PLAN_H
#define SOCKSAN_ANALYZER_PLAN_H

#include <jansson.h>

#include "analyzer/explore/exploration.h"
#include "analyzer/explore/undisturbed.h"
#include "analyzer/report/explored.h"

/* A failure to try. */
struct planned {
	struct explored_site *site;
	struct explored_fault *fault;
	enum faulty call;
	unsigned rank;	   /* lower is tried sooner */
	unsigned attempts; /* runs in which the call was not reached */
	bool running;
	json_t *found; /* in each of its runs; NULL: nothing */
};

struct plan {
	struct planned *list;
	size_t n;
};

/* Fills in the places of `explored`, which takes ownership of their stacks. */
struct plan plan_make(const struct exploration *wanted, const struct undisturbed *base, struct explored *explored);

/* Sets its result and codes by what was found. */
void planned_set_codes(struct planned *planned, const json_t *found);

#endif

/* What a run in which a call failed reveals: violations that the undisturbed runs did not have, deaths, hangs, and failures that were not
 * reported.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VERDICT_H
#define SOCKSAN_ANALYZER_VERDICT_H

#include <stdbool.h>

#include <jansson.h>

#include "analyzer/explore/fault_spec.h"
#include "analyzer/explore/trial.h"
#include "analyzer/explore/undisturbed.h"

/* Whether the call was reached, and failed. */
bool verdict_reached(const struct trial_result *result);

/* The violations in the form of a report, each with "injected"; a new array. `again`: the command line that repeats it. */
json_t *verdict(const struct trial_result *result, const struct fault_spec *spec, const struct undisturbed *base,
		const char *again);

#endif

/* Runs a command again and again, with one call failing each time, and judges the outcome.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPLORE_H
#define SOCKSAN_ANALYZER_EXPLORE_H

#include <jansson.h>

#include "analyzer/explore/exploration.h"
#include "analyzer/report/explored.h"

/* Returns a report as JSON, with what was tried; NULL, after a message, on failure. */
json_t *explore(const struct exploration *wanted, struct explored *explored);

#endif

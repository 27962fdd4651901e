/* Runs a command again and again, a call failing each time, and judges what comes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPLORE_H
#define SOCKSAN_ANALYZER_EXPLORE_H

#include <jansson.h>

#include "analyzer/explore/exploration.h"
#include "analyzer/report/explored.h"

/* A report as JSON, and what was tried. NULL with the message written. */
json_t *explore(const struct exploration *wanted, struct explored *explored);

#endif

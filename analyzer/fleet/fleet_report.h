/* The report of a fleet: asks the server which processes a rule must be asked about, brings back their lines and those of their families, and
 * lets the analyzer's own pipeline judge them. What it says is what `socksan report` says of the same traces.
 *
 * Memory grows with what is found, not with the fleet: hosts are taken a few at a time, and their reports merged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_REPORT_H
#define SOCKSAN_ANALYZER_FLEET_REPORT_H

#include "analyzer/fleet/question.h"
#include "analyzer/fleet/server.h"
#include "analyzer/report/deliver.h"

enum delivered fleet_report(struct server *server, const struct fleet_question *question, const struct limits *limits,
			    const struct delivery *delivery) __attribute__((warn_unused_result));

/* Says why nothing is in the range, and what is near: the hosts, services and versions there are. `result` of asking for that: 0 or -1. */
int fleet_complain_of_nothing(struct server *server, const struct fleet_question *question);

#endif

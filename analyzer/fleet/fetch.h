/* Brings the lines of selected processes back into trace files, as the shim wrote them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_FETCH_H
#define SOCKSAN_ANALYZER_FLEET_FETCH_H

#include "analyzer/fleet/families.h"
#include "analyzer/fleet/question.h"
#include "analyzer/fleet/rows.h"
#include "analyzer/fleet/spare_files.h"
#include "analyzer/replay/replay.h"

/* Into `folder`, which is there. A process without an end that was not silent since question->quiet is
 * marked as one that runs on. Adds to `told` what was counted in the range, as fleet_totals() counts. Returns 0, or -1 with the message
 * written. */
int fetch_lines(struct server *server, const struct fleet_question *question, struct families *families,
		const char *folder, struct spare_files *spare, struct replay_totals *told)
	__attribute__((warn_unused_result));

/* Adds what is in the range: processes, sockets, events. A socket that was received counts where it was made. `which`: more conditions, which start
 * with AND, on host and process. Rows that are there twice until ClickHouse merges them count twice: to tell millions apart takes much memory. Returns
 * 0, or -1 with the message written. */
int fetch_count(struct server *server, const struct fleet_question *question, const char *which,
		struct replay_totals *totals) __attribute__((warn_unused_result));

#endif

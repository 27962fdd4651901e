/* Brings the lines of selected processes back into trace files, as the shim wrote them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_FETCH_H
#define SOCKSAN_ANALYZER_FLEET_FETCH_H

#include "analyzer/fleet/families.h"
#include "analyzer/fleet/question.h"
#include "analyzer/fleet/rows.h"
#include "analyzer/replay/replay.h"

/* Below `folder`, a folder per (host, boot), named by its number. A process without an end that was not silent since question->quiet is
 * marked as one that runs on. Adds to `told` what was counted in the range, as fleet_totals() counts. Returns 0, or -1 with the message
 * written. */
int fetch_lines(struct server *server, const struct fleet_question *question, struct families *families,
		const char *folder, struct replay_totals *told) __attribute__((warn_unused_result));

/* The columns that count what is in the range: processes, sockets, events. A socket that was received counts where it was made. Rows that
 * are there twice until ClickHouse merges them count once for processes alone: to tell millions of others apart takes much memory. */
/* clang-format off */
#define FETCH_TOTALS                                                                                                      \
	"uniqExactIf((process, file, offset), ev = 'process'), "                                                          \
	"countIf(ev = 'fd' AND from_state IN ('', 'null') AND to_state NOT IN ('', 'null') AND kind IN ('', 'socket') "   \
	"AND op NOT IN ('fork', 'execve', 'attach', 'recvmsg', 'recvmmsg')), countIf(ev = 'fd')"
/* clang-format on */
enum { FETCH_TOTALS_FIELDS = 3 };
void fetch_add_totals(struct replay_totals *totals, const struct field *row);

#endif

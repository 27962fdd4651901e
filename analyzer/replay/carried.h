/* Traces with a size limit: lives carried over from lines that were removed, and the totals of those lines. See `checkpoint`, `place` and
 * `round` in shim/model/trace.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CARRIED_H
#define SOCKSAN_ANALYZER_CARRIED_H

#include "analyzer/replay/lives.h"

struct cookies;

/* A descriptor that is open, or a closed one that a violation will refer to. `*begins`: this is the first line known of its life. NULL if
 * the line says nothing new. */
struct socket_life *carried_checkpoint(struct cookies *cookies, struct traced_process *process,
				       const struct trace_event *event, bool *begins);

/* A round of checkpoints is complete: anything older without a checkpoint in it was closed by lines that were removed. */
void carried_round(struct cookies *cookies, struct traced_process *process, const struct trace_event *event);

/* Records what a place has closed so far. */
void carried_place(struct traced_process *process, const struct trace_event *event);

/* Whether the close of an unknown socket is one of those that were counted. */
bool carried_counts(const struct traced_process *process, const struct trace_event *event);

#endif

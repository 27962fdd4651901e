/* Traces with bounds: lives that were carried on from lines that are gone, and what those lines add up to. See `checkpoint`, `place` and
 * `round` in shim/model/trace.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CARRIED_H
#define SOCKSAN_ANALYZER_CARRIED_H

#include "analyzer/replay/lives.h"

struct cookies;

/* A descriptor that is open, or one that was, of which a violation will tell. `*begins`: it is the first that is known of its life. NULL: there is
 * nothing in it that is not known. */
struct socket_life *carried_checkpoint(struct cookies *cookies, struct traced_process *process,
				       const struct trace_event *event, bool *begins);

/* A round of checkpoints is over: what has none in it, and is older, was closed by lines that are gone. */
void carried_round(struct cookies *cookies, struct traced_process *process, const struct trace_event *event);

/* What a place has closed so far. */
void carried_place(struct traced_process *process, const struct trace_event *event);

/* Whether the close of a socket that is not known is one of those that were counted. */
bool carried_counts(const struct traced_process *process, const struct trace_event *event);

#endif

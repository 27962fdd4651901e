/* Reads the events of a session again, once everything they refer to is known: the line of a stack may come after lines that refer to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SECOND_PASS_H
#define SOCKSAN_ANALYZER_SECOND_PASS_H

#include <jansson.h>

#include "analyzer/live/session.h"
#include "analyzer/symbols/symbol.h"

struct second_pass;

/* NULL, after a message, if the traces cannot be read again. */
struct second_pass *second_pass_new(const struct session *session) __attribute__((warn_unused_result));
void second_pass_free(struct second_pass *pass);

/* An event with what it is about. */
struct passed {
	const struct trace_event *event;
	const json_t *json;		      /* its line */
	struct moment moment;		      /* for an fd or leak line; else all are NULL */
	const struct traced_process *process; /* as it was when it was made; NULL: unknown */
	int64_t wall;			      /* ns since the epoch; 0: unknown */
};

/* False at the end. */
bool second_pass_next(struct second_pass *pass, struct passed *passed);

/* The stack with that id in the event's process; NULL: unknown. */
const struct symbols *passed_stack(const struct passed *passed, int64_t id);

#endif

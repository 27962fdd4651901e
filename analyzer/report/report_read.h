/* Reads a JSON report back: for baselines and for `socksan merge`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_READ_H
#define SOCKSAN_ANALYZER_REPORT_READ_H

#include <stddef.h>

#include <jansson.h>

#include "analyzer/report/report_data.h"

/* The report in `n` bytes of memory; its "violations" is an array, everything else is unchecked. NULL: `*why` says what is wrong with it
 * ("name:3: ..."), to be freed. */
json_t *report_parse(const char *name, const char *text, size_t n, char **why) __attribute__((warn_unused_result));

/* Each of the following reads an element of a report. They return NULL, or what is wrong with the element, to be freed. In either case the
 * result is the caller's, to be passed to the function that frees it. */

/* An item with its finding, whose process is known only by its pid; no flags except `known` and `suppressed`. */
struct read_item {
	struct report_item item; /* points into the rest */
	struct finding finding;
	struct traced_process process;
	struct symbols *stacks[ROLE_COUNT];
	struct symbol registered[REGISTERED_PLACES];
	struct symbol places[STORY_STEPS];
	struct injected *injected;
};

char *read_item(const json_t *json, struct read_item *read);
void read_item_free(struct read_item *read);

/* An element of "incomplete"; its texts are borrowed from the JSON. */
char *read_incomplete(const json_t *json, struct incomplete *incomplete);

char *read_process(const json_t *json, struct traced_process *process);

/* An entry of "open". */
struct read_open {
	struct open_place place; /* points into the rest */
	struct traced_process process;
	struct socket_life life;
	struct origin origin;
	struct symbols *opened;
};

char *read_open(const json_t *json, struct read_open *read);
void read_open_free(struct read_open *read);

#endif

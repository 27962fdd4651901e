/* Stacks as JSON, for all of SockSan's own JSON formats.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JSON_STACK_H
#define SOCKSAN_ANALYZER_JSON_STACK_H

#include <jansson.h>

#include "analyzer/symbols/symbol.h"

/* A FRAME of the schemas; and an array of them, innermost first. */
json_t *json_frame(const struct symbol *symbol);
json_t *json_stack(const struct symbols *symbols);

/* Reads one back; and an array of them, where NULL is none. Returns NULL, or what is wrong, to be freed; `key` is its name in that message.
 * `*stack` is the caller's, to be freed. */
char *json_frame_read(const json_t *json, struct symbol *symbol) __attribute__((warn_unused_result));
char *json_stack_read(const json_t *json, const char *key, struct symbols **stack) __attribute__((warn_unused_result));

#endif

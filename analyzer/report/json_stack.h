/* Stacks as JSON, as every format has them that is JSON of SockSan's own.
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

#endif

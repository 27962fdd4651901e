/* Helpers for the formats that are JSON. JSON strings may contain only UTF-8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JSON_TEXT_H
#define SOCKSAN_ANALYZER_JSON_TEXT_H

#include <stdio.h>

#include <jansson.h>

#include "analyzer/base/int_set.h"

/* A new string, with U+FFFD for invalid UTF-8. */
json_t *json_text(const char *text);

/* A new string as print_safe() shows the text: for messages. */
json_t *json_safe_text(const char *text);

/* Unknown values, NULL or negative, get no key. */
void json_set_text(json_t *object, const char *key, const char *text);
void json_set_number(json_t *object, const char *key, long long number);

json_t *json_numbers(const struct int_set *numbers);

/* Writes and releases it. -1: writing failed. */
int json_write(FILE *out, json_t *json);

#endif

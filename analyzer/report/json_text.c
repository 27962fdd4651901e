/* Helpers for the formats that are JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/json_text.h"

#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/util.h"

static json_t *take(char *text)
{
	json_t *string = json_string(text);
	free(text);
	return string;
}

json_t *json_text(const char *text) { return take(utf8_text(text)); }

json_t *json_safe_text(const char *text) { return take(safe_text(text)); }

void json_set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_text(text));
}

void json_set_number(json_t *object, const char *key, long long number)
{
	if (number >= 0)
		json_object_set_new(object, key, json_integer(number));
}

json_t *json_numbers(const struct int_set *numbers)
{
	json_t *array = json_array();
	for (size_t i = 0; i < numbers->n; i++)
		json_array_append_new(array, json_integer(numbers->values[i]));
	return array;
}

int json_write(FILE *out, json_t *json)
{
	/* Terminals treat some characters beyond ASCII as commands. */
	int failed = json_dumpf(json, out, JSON_INDENT(2) | (isatty(fileno(out)) ? JSON_ENSURE_ASCII : 0));
	json_decref(json);
	return failed || fputc('\n', out) == EOF ? -1 : 0;
}

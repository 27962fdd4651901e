/* Reads a JSON report back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report_read.h"

#include <string.h>

#include "analyzer/report_data.h"
#include "analyzer/util.h"

/* NULL, or why it is no report that this SockSan can use, to be freed. */
static char *check(const char *name, const json_t *report)
{
	const char *schema = json_string_value(json_object_get(report, "schema"));
	if (json_object_get(report, "ev"))
		return xasprintf("%s: a trace, not a report; `socksan report` makes one of it", name);
	if (!schema || strncmp(schema, REPORT_SCHEMA, REPORT_SCHEMA_NAME) != 0)
		return xasprintf("%s: no report of SockSan: its \"schema\" is not " REPORT_SCHEMA, name);
	if (strcmp(schema, REPORT_SCHEMA) != 0)
		return xasprintf("%s: written by a newer SockSan, as %s; this one reads " REPORT_SCHEMA, name, schema);
	if (!json_is_array(json_object_get(report, "violations")))
		return xasprintf("%s: no report of SockSan: its \"violations\" is no array", name);
	return NULL;
}

json_t *report_parse(const char *name, const char *text, size_t n, char **why)
{
	json_error_t error;
	size_t blank = 0;
	while (blank < n && strchr(" \t\r\n", text[blank]) && text[blank])
		blank++;
	if (blank == n) {
		*why = xasprintf("%s: empty", name);
		return NULL;
	}
	json_t *report = json_loadb(text, n, JSON_DISABLE_EOF_CHECK, &error);
	if (!report) {
		*why = xasprintf("%s:%d: not JSON: %s", name, error.line, error.text);
		return NULL;
	}
	*why = check(name, report);
	/* A trace has more lines, and is told by its first. */
	size_t end = (size_t)error.position;
	while (!*why && end < n)
		if (!text[end] || !strchr(" \t\r\n", text[end++]))
			*why = xasprintf("%s: not JSON: more after the end of the report", name);
	if (!*why)
		return report;
	json_decref(report);
	return NULL;
}

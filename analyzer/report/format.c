/* The formats of the report, made from the rows of format.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/format.h"

#include <string.h>

const struct format formats[FORMAT_COUNT] = {
#define FORMAT(name, syntax, meaning) [FORMAT_##name] = {#name, meaning, SYNTAX_##syntax, report_##name},
#include "analyzer/report/format.def"
#undef FORMAT
};

const char format_names[] =
#define FORMAT(name, ...) " " #name
#include "analyzer/report/format.def"
#undef FORMAT
	;

int format_find(const char *name, size_t n)
{
	for (int i = 0; i < FORMAT_COUNT; i++)
		if (strlen(formats[i].name) == n && memcmp(formats[i].name, name, n) == 0)
			return i;
	return -1;
}

/* Fuzzes the values of the analyzer's options. The first byte says which option.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/cli/option_values.h"
#include "analyzer/base/util.h"
#include "tests/fuzz/fuzz.h"

static char *check_format(const char *text)
{
	enum report_format format = FORMAT_COUNT;
	char *why = read_format(&format, text);
	EXPECT(why || strcmp(formats[format].name, text) == 0, "'%s' is taken for %d", text, (int)format);
	return why;
}

static char *check_output(const char *text)
{
	struct output output = {0};
	char *why = read_output(&output, text);
	EXPECT(why || (*output.path && output.format < FORMAT_COUNT), "'%s' has no path", text);
	return why;
}

static char *check_fail_on(const char *text)
{
	struct criteria criteria = {0};
	bool any = criteria.fail_severity[SEVERITY_WARNING];
	char *why = read_fail_on(&criteria, text);
	for (int code = VIOLATION_none + 1; code < CODES; code++)
		any |= criteria.fail_code[code];
	any |= criteria.fail_severity[SEVERITY_ERROR];
	EXPECT(why || any == (strcmp(text, "never") != 0), "'%s' fails on %s", text, any ? "something" : "nothing");
	return why;
}

static char *check_exitcode(const char *text)
{
	int exitcode = -1;
	char *why = read_exitcode(&exitcode, text);
	EXPECT(why || (exitcode >= 0 && exitcode <= 255), "'%s' is %d", text, exitcode);
	return why;
}

static char *check_limit(const char *text)
{
	struct limits limits = {0};
	char *why = read_limit(&limits, text);
	for (int code = VIOLATION_none + 1; code < VIOLATIONS; code++)
		EXPECT(limits.ns[code] == 0 || (!why && limits.ns[code] > 0 && default_limits().ns[code]),
		       "'%s' is %lld ns of %s", text, (long long)limits.ns[code], violations[code].slug);
	return why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *(*const checks[])(const char *) = {check_format, check_output, check_fail_on, check_exitcode,
							check_limit};
	if (size == 0)
		return 0;
	char *text = fuzz_text(data + 1, size - 1);
	free(checks[*data % (sizeof checks / sizeof *checks)](text));
	free(text);
	return 0;
}

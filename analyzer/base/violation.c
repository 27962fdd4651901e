/* Names of violations and severities, and what a code implies about its line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/violation.h"

#include <string.h>

#include "analyzer/base/util.h"

enum violation violation_find(const char *slug)
{
	for (unsigned code = VIOLATION_none + 1; code < CODES; code++)
		if (strcmp(slug, violation_name(code)) == 0)
			return (enum violation)code;
	return VIOLATION_none;
}

const char *violation_word(size_t i) { return violation_name(VIOLATION_none + 1 + (unsigned)i); }

static const char *const severity_names[SEVERITIES] = {"error", "warning", "note"};

const char *severity_name(enum severity severity) { return severity_names[severity]; }

enum severity severity_find(const char *name)
{
	unsigned severity = 0;
	while (severity < SEVERITIES && strcmp(name, severity_names[severity]) != 0)
		severity++;
	return (enum severity)severity;
}

bool violation_missed(enum violation code) { return violations[code].hit != HIT_SOCKET; }

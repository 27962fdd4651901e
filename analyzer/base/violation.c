/* Names of violations and severities, and what a code says of its line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/violation.h"

#include <string.h>

#include "analyzer/base/util.h"

enum violation violation_find(const char *slug)
{
	for (unsigned code = VIOLATION_none + 1; code < VIOLATIONS; code++)
		if (strcmp(slug, violation_name(code)) == 0)
			return (enum violation)code;
	return VIOLATION_none;
}

static const char *slug_at(size_t i) { return violation_name(VIOLATION_none + 1 + (unsigned)i); }

const char *violation_nearest(const char *slug) { return nearest(slug, slug_at); }

const char *severity_name(enum severity severity)
{
	static const char *const names[SEVERITIES] = {"error", "warning", "note"};
	return names[severity];
}

bool violation_missed(enum violation code) { return violations[code].hit != HIT_SOCKET; }

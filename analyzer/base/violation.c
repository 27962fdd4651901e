/* Names of violations, severities and causes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/violation.h"

#include <string.h>

#include "analyzer/base/util.h"

int violation_find(const char *slug)
{
	for (int code = 0; code < VIOLATION_COUNT; code++)
		if (strcmp(slug, violations[code].slug) == 0)
			return code;
	return -1;
}

static const char *slug_at(size_t i) { return i < VIOLATION_COUNT ? violations[i].slug : NULL; }

const char *violation_nearest(const char *slug) { return nearest(slug, slug_at); }

const char *severity_name(enum severity severity) { return severity == SEVERITY_ERROR ? "error" : "warning"; }

const char *cause_name(enum cause cause)
{
	static const char *const names[CAUSE_COUNT] = {
#define CAUSE(id, slug) [CAUSE_##id] = slug,
#include "shim/model/cause.def"
#undef CAUSE
	};
	return names[cause];
}

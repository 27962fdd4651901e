/* The codes of violations, made from the rows of shim/violation.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/violation.h"

#include <stddef.h>
#include <string.h>

#include "analyzer/util.h"

const struct violation_info violations[VIOLATION_COUNT] = {
#define VIOLATION(id, slug, severity, cwe, meaning, help, why, wrong, right, python) \
	[VIOLATION_##id] = {slug, SEVERITY_##severity, cwe, meaning, help, why, wrong, right, python},
#include "shim/violation.def"
#undef VIOLATION
};

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

/* Baselines: a set of fingerprints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/report/fingerprint.h"
#include "analyzer/base/hash.h"
#include "analyzer/report/report_read.h"
#include "analyzer/base/util.h"

struct known_finding {
	char fingerprint[FINGERPRINT_SIZE]; /* the key */
	UT_hash_handle hh;
};

struct baseline {
	struct known_finding *known;
};

struct baseline *baseline_new(void) { return xcalloc(1, sizeof(struct baseline)); }

void baseline_free(struct baseline *baseline)
{
	struct known_finding *known, *next;
	if (!baseline)
		return;
	HASH_ITER (hh, baseline->known, known, next) {
		HASH_DEL(baseline->known, known);
		free(known);
	}
	free(baseline);
}

static const char *fingerprint_of(const json_t *violation)
{
	const char *text = json_string_value(json_object_get(violation, "fingerprint"));
	return text && fingerprint_is_valid(text) ? text : NULL;
}

char *baseline_add(struct baseline *baseline, const char *name, const char *text, size_t n)
{
	char *why = NULL;
	json_t *report = report_parse(name, text, n, &why), *violation;
	size_t i;
	if (!report)
		return why;
	if (json_array_size(json_object_get(report, "incomplete")) > 0)
		complain(
			"%s: the report that this baseline was made of is incomplete: what it did not see is not known",
			name);
	const json_t *list = json_object_get(report, "violations");
	json_array_foreach(list, i, violation) if (!why && !fingerprint_of(violation)) why =
		xasprintf("%s: violations[%zu] has no \"fingerprint\" of 16 hex digits", name, i);
	json_array_foreach(list, i, violation)
	{
		if (why || baseline_has(baseline, fingerprint_of(violation)))
			continue;
		struct known_finding *known = xcalloc(1, sizeof *known);
		strcpy(known->fingerprint, fingerprint_of(violation));
		HASH_ADD_STR(baseline->known, fingerprint, known);
	}
	json_decref(report);
	return why;
}

bool baseline_has(const struct baseline *baseline, const char *fingerprint)
{
	struct known_finding *known;
	HASH_FIND_STR(baseline->known, fingerprint, known);
	return known != NULL;
}

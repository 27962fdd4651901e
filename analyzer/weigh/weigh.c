/* What a finding is worth: see weigh.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/weigh/weigh.h"

#include "analyzer/base/util.h"
#include "analyzer/weigh/evidence.h"
#include "analyzer/weigh/own_code.h"

/* What outweighs that nobody had told the code's author to expect it. */
enum { SPEAKS = 1 << WHY_REPEATS | 1 << WHY_OUTLIVED | 1 << WHY_FAILED };

/* What was left behind again and again was not left behind because the process was killed. */
static bool outweighs_death(unsigned why) { return why & 1 << WHY_REPEATS && why & 1 << WHY_ABANDONED; }

void weigh(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT], bool strict)
{
	finding->own = is_own_finding(finding, stacks);
	finding->evidence = find_evidence(finding);
	unsigned why = finding->evidence.why;
	if (finding->killed && outweighs_death(why))
		finding->severity = SEVERITY_ERROR;
	if (!strict && !finding->own && !(why & SPEAKS))
		finding->severity = SEVERITY_NOTE;
}

/* That a misused call failed is the misuse itself. */
static int reasons(const struct finding *finding)
{
	return __builtin_popcount(finding->evidence.why & ~(1u << WHY_FAILED));
}

int weigh_compare(const struct finding *a, const struct finding *b)
{
	COMPARE(a->severity, b->severity);
	COMPARE(b->own, a->own);
	COMPARE(reasons(b), reasons(a));
	COMPARE(a->t, b->t);
	COMPARE(a->code, b->code);
	return 0;
}

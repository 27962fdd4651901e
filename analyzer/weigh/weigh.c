/* The weight of a finding: see weigh.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/weigh/weigh.h"

#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/weigh/evidence.h"
#include "analyzer/weigh/own_code.h"

/* Whether a client that is still there is connected to it: it stays open as long as the client likes, while others come and go. */
static bool is_with_client(const struct finding *finding)
{
	const char *op = finding->ops[ROLE_OPENED];
	return finding->code == VIOLATION_never_closed && op && strncmp(op, "accept", 6) == 0 &&
	       (finding->cause == CAUSE_in_use || finding->cause == CAUSE_untouched);
}

/* Whether the evidence outweighs that the code is not the user's. What a tool could not use and kept until its early end does not; nor what
 * a daemon keeps open for clients that did not come. */
static bool speaks(const struct finding *finding, int64_t soon)
{
	unsigned why = finding->evidence.why;
	if (is_with_client(finding))
		return why & 1 << WHY_FAILED;
	bool waits = finding->cause == CAUSE_never_used || finding->cause == CAUSE_untouched;
	return why & (1 << WHY_REPEATS | 1 << WHY_OUTLIVED | 1 << WHY_FAILED) ||
	       (why & 1 << WHY_ABANDONED && !waits && finding->evidence.oldest > soon);
}

/* What was left open again and again was not left open because the process was killed. */
static bool outweighs_death(const struct finding *finding)
{
	unsigned why = finding->evidence.why;
	return why & 1 << WHY_REPEATS && why & 1 << WHY_ABANDONED && !is_with_client(finding);
}

void weigh(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT], const struct limits *limits)
{
	finding->own = is_own_finding(finding, stacks);
	finding->evidence = find_evidence(finding, limits, tells_place(finding, stacks));
	if (finding->killed && outweighs_death(finding))
		finding->severity = SEVERITY_ERROR;
	bool harms = finding->own || speaks(finding, limits->ns[VIOLATION_close_wait]);
	if (!limits->strict && (!harms || is_habit(finding, stacks)))
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

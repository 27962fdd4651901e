/* From lives to violations. Everything specific to a code is in its rule, see rule.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_JUDGE_H
#define SOCKSAN_ANALYZER_JUDGE_JUDGE_H

#include "analyzer/judge/finding.h"
#include "analyzer/judge/limits.h"
#include "analyzer/judge/words.h"
#include "analyzer/replay/replay.h"
#include "analyzer/symbols/symbol.h"

struct judge;

/* The limits are copied; NULL: the defaults. */
struct judge *judge_new(const struct limits *limits);
void judge_free(struct judge *judge);

/* The limits in use. */
const struct limits *judge_limits(const struct judge *judge);

void judge_moment(struct judge *judge, const struct moment *moment);

/* Call after replay_finish(). */
void judge_finish(struct judge *judge, const struct replay *replay);

/* The violations: errors first, then by time. */
struct finding *const *judge_findings(const struct judge *judge, size_t *n);

/* Whether a failed call is evidence for a violation of this code. */
bool judge_failure_tells(enum violation code);

/* Merges two findings that turned out to be one. The other remains in the list, but must not be reported. */
void judge_unite(struct finding *into, const struct finding *from);

/* Follows a finding to the one it was merged into. */
void judge_settle(struct finding *finding);

/* How to fix it, given its places: `stacks` by enum role, `steps` of its story; NULL: unknown. */
void judge_advise(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT],
		  const struct symbol *const steps[STORY_STEPS]);

/* The n-th tag that is not a code of this version, and how often it occurred. NULL: there are no more. */
const char *judge_unknown_tag(const struct judge *judge, uint64_t *count);

#endif

/* From lives to violations. What is peculiar to a code is its rule, see rule.h.
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

/* The limits are copied; NULL: the default ones. */
struct judge *judge_new(const struct limits *limits);
void judge_free(struct judge *judge);

/* Those that it judges by. */
const struct limits *judge_limits(const struct judge *judge);

void judge_moment(struct judge *judge, const struct moment *moment);

/* After replay_finish(). */
void judge_finish(struct judge *judge, const struct replay *replay);

/* The violations, errors first, then in order of time. */
struct finding *const *judge_findings(const struct judge *judge, size_t *n);

/* Whether it speaks for a violation of this code that its call failed. */
bool judge_failure_tells(enum violation code);

/* Adds up two findings that turned out to be one. The other stays, and is not to be told. */
void judge_unite(struct finding *into, const struct finding *from);

/* Follows the last that was added up. */
void judge_settle(struct finding *finding);

/* How to mend it, now that it is known where it is: `stacks` by enum role, `steps` of its story; NULL: not known. */
void judge_advise(struct finding *finding, const struct symbols *const stacks[ROLE_COUNT],
		  const struct symbol *const steps[STORY_STEPS]);

/* A tag of the shim that is no code of this SockSan, and how often it stood. NULL: there was none. */
const char *judge_unknown_tag(const struct judge *judge, uint64_t *count);

#endif

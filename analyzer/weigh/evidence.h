/* Evidence for a finding: how often its place leaks, what became of other sockets of the place, how its call ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EVIDENCE_H
#define SOCKSAN_ANALYZER_EVIDENCE_H

#include "analyzer/judge/finding.h"
#include "analyzer/judge/limits.h"

/* `placed`: its stacks identify places of the program. Otherwise, what became of other sockets with the same stack is no evidence. */
struct evidence find_evidence(const struct finding *finding, const struct limits *limits, bool placed);

/* "98 of 100 sockets opened here were closed, these 2 were not; the oldest was open for 7.3 s", to be freed; NULL: nothing was counted. */
char *evidence_words(const struct finding *finding);

#endif

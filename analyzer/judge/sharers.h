/* Who had a socket that crossed from one process to another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_SHARERS_H
#define SOCKSAN_ANALYZER_JUDGE_SHARERS_H

#include "analyzer/judge/finding.h"

/* Fills in the finding's sharers. `ended`: the traces are read to their end, so that it is known who had it last. */
void find_sharers(struct finding *finding, const struct cookie *cookie, bool ended);

#endif

/* The processes that had a socket that was passed from one to another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_SHARERS_H
#define SOCKSAN_ANALYZER_JUDGE_SHARERS_H

#include "analyzer/judge/finding.h"

/* Fills in the finding's sharers. `ended`: all traces have been read, so the last holders are known. */
void find_sharers(struct finding *finding, const struct cookie *cookie, bool ended);

#endif

/* Rules about a thread that is inside a call on a socket.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_INSIDE_H
#define SOCKSAN_ANALYZER_JUDGE_INSIDE_H

#include "analyzer/judge/rule.h"

/* Callbacks of such a rule. */
void inside_tagged(struct judge *judge, void **memory, const struct moment *moment);
void inside_moment(struct judge *judge, void **memory, const struct moment *moment);
void inside_finish(struct judge *judge, void **memory);

#endif

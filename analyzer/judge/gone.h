/* How long a peer has been gone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_GONE_H
#define SOCKSAN_ANALYZER_JUDGE_GONE_H

#include "analyzer/replay/lives.h"

/* How long it has been gone at `t`, in ns; 0: it is not. */
static inline int64_t gone_time(const struct socket_life *life, int64_t t)
{
	int64_t seen = life->t_gone ? t - life->t_gone : 0;
	return seen > life->close_wait ? seen : life->close_wait;
}

#endif

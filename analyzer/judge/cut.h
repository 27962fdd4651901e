/* Connections that a forked child shut down while another process used them: reported as close-in-use, of the child.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_CUT_H
#define SOCKSAN_ANALYZER_JUDGE_CUT_H

#include "analyzer/replay/lives.h"

/* Whether the call failed because of that, so that its own process is not at fault. */
bool fails_by_cut(const struct moment *moment);

/* Whether that may be why a SIGPIPE ended the process. */
bool dies_by_cut(const struct traced_process *process, const struct socket_life *life);

#endif

/* How each process ended: from its own trace, from whoever waited for it, or from what this machine can see.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ENDS_H
#define SOCKSAN_ANALYZER_ENDS_H

#include "analyzer/replay/replay.h"

/* What waitpid returned for a process of this namespace (-1: any). Call before replay_finish(). */
void replay_waited(struct replay *replay, pid_t pid, int64_t pidns, int status);

/* The same for what a traced parent learned of a child that a signal ended, at that time. */
void replay_killed(struct replay *replay, int64_t pid, int signal, int64_t t);

/* Call after the last event: decides how each process ended. */
void replay_finish(struct replay *replay);

#endif

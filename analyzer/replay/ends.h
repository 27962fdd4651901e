/* How each process ended: by its own word, by that of whoever waited for it, or by what this machine can tell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ENDS_H
#define SOCKSAN_ANALYZER_ENDS_H

#include "analyzer/replay/replay.h"

/* What waitpid told of a process of this namespace (-1: any), given before replay_finish(). */
void replay_waited(struct replay *replay, pid_t pid, int64_t pidns, int status);

/* Likewise what a traced parent was told of a child that a signal ended, at that time. */
void replay_killed(struct replay *replay, int64_t pid, int signal, int64_t t);

/* After the last event: decides how each process ended. */
void replay_finish(struct replay *replay);

#endif

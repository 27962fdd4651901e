/* What could hinder recording on this machine, whatever is to be recorded: where the shim is, where traces go, limits, and whether
 * a small program that is run under the shim is recorded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SURROUNDINGS_H
#define SOCKSAN_ANALYZER_SURROUNDINGS_H

#include "analyzer/doctor/checkup.h"

/* The shim's path, to be freed; NULL: there is none, as a row says. */
char *check_shim(struct checkup *checkup) __attribute__((warn_unused_result));

/* The folder for traces, with the root folder of a process before its path, or "". Returns the existing one in which they, or their folder,
 * would be made, to be freed; NULL: none can be. */
char *check_trace_dir(struct checkup *checkup, const char *below) __attribute__((warn_unused_result));

/* The limits of a process, or of this one if `pid` is 0, for what it starts. */
void check_limits(struct checkup *checkup, pid_t pid);

/* Runs a small program under the shim, with its trace in that folder for a moment. */
void check_trial(struct checkup *checkup, const char *shim, const char *above);

/* Whether others may be attached to here. */
void check_attaching(struct checkup *checkup);

/* What that program does: a few calls on a socket. Returns its exit status. */
int trial_program(void);

#endif

/* Whether a finding is in user code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OWN_CODE_H
#define SOCKSAN_ANALYZER_OWN_CODE_H

#include "analyzer/judge/finding.h"
#include "analyzer/symbols/symbol.h"

/* Whether one of its stacks has a user frame. If none has, and unless script frames show otherwise, whether the process runs the user's
 * program. A connection that a library keeps for later requests is the library's. */
bool is_own_finding(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT]);

/* Whether a runtime does so by habit and ignores the failure, whatever the program did: to close a socket, the JDK shuts it down first, whether or
 * not it was ever connected. */
bool is_habit(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT]);

/* Whether its stacks identify places in the program: everything a script does has the frames of its interpreter, so without script frames
 * all its places look alike. */
bool tells_place(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT]);

/* Whether the program of a process is the user's own, or an interpreter that runs the user's script. */
bool is_own_program(const struct traced_process *process);

#endif

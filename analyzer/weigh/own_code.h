/* Whether a finding is in the user's own code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OWN_CODE_H
#define SOCKSAN_ANALYZER_OWN_CODE_H

#include "analyzer/judge/finding.h"
#include "analyzer/symbols/symbol.h"

/* Whether one of its stacks has a frame of the user's. Without one, unless the frames of a script tell otherwise, whether the process runs the
 * user's program. A connection that a library keeps for later requests is the library's. */
bool is_own_finding(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT]);

/* Whether its stacks are of places in the program: all that a script does has the frames of its interpreter, and without frames of its own
 * one of its places is like another. */
bool tells_place(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT]);

/* Whether the program of a process is the user's own, or is an interpreter of the user's own script. */
bool is_own_program(const struct traced_process *process);

#endif

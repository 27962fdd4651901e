/* What the tables of call frame information say of a frame, and whether the unwinder may go on from it. It believes its tables, and
 * where a program left the stack that they speak of, as some coroutines do, it would read past that stack's end, or look for code where
 * there is none, and the host would die of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FRAME_H
#define SHIM_FRAME_H

#include "shim/arch/arch.h"

#include <stdbool.h>
#include <stdint.h>

struct _Unwind_Context;

/* Where a frame lies, by the rule for one of its instructions: its canonical frame address is reg + offset, its return address right
 * below that. Registers by their numbers in DWARF; FRAME_ELSEWHERE: another one, an expression, or none that is understood. */
enum { FRAME_ELSEWHERE = -1 };
struct frame_rule {
	int reg;
	int64_t offset;
	int16_t at[ARCH_SLOTS]; /* where its caller's registers are kept, from the canonical frame address */
};
#define FRAME_KEPT 0	     /* untouched: still in the register */
#define FRAME_LOST INT16_MIN /* not told so */

/* The rule for the call before pc. */
struct frame_rule frame_rule(uintptr_t pc);

/* Whether the unwinder may go on from a frame of that rule. `page`: what is known to be readable, kept from frame to frame; begin with
 * 0. False: stop here. In doubt, true. No errno. */
bool frame_leads_on(struct _Unwind_Context *context, const struct frame_rule *, uintptr_t *page);

#endif

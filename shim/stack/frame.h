/* What the tables of call frame information say of a frame, and whether the unwinder may continue from it. The unwinder trusts its tables:
 * if a program left the stack that they describe, as some coroutines do, it would read past that stack's end, or look for code where there
 * is none, and crash the host.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FRAME_H
#define SHIM_FRAME_H

#include "shim/arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _Unwind_Context;

/* Where a frame is, by the rule for one of its instructions: its canonical frame address is reg + offset, its return address right below
 * that. Registers by their DWARF numbers; FRAME_ELSEWHERE: another one, an expression, or one that is not understood. */
enum { FRAME_ELSEWHERE = -1 };
struct frame_rule {
	int reg;
	int64_t offset;
	int16_t at[ARCH_SLOTS]; /* where its caller's registers are saved, relative to the canonical frame address */
};
#define FRAME_KEPT 0	     /* untouched: still in the register */
#define FRAME_LOST INT16_MIN /* not told so */

/* The rule for the call before pc. */
struct frame_rule frame_rule(uintptr_t pc);

/* Whether the unwinder may continue from a frame with that rule. `page`: what is known to be readable, kept from frame to frame; start with
 * 0. False: stop here. If in doubt, true. No errno. */
bool frame_leads_on(struct _Unwind_Context *context, const struct frame_rule *, uintptr_t *page);

/* Whether all of these bytes are further up in the part of this thread's stack that walks have read: then the kernel need not be asked, see
 * peek.h. False where no walk was. */
bool frame_holds(const void *at, size_t n);

#endif

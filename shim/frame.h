/* Whether the unwinder may go on from a frame. It believes its tables, and where a program left the stack that they speak of, as some
 * coroutines do, it would read past that stack's end, or look for code where there is none, and the host would die of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FRAME_H
#define SHIM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct _Unwind_Context;

/* `page`: what is known to be readable, kept from frame to frame; begin with 0. False: stop here. In doubt, true. No errno. */
bool frame_leads_on(struct _Unwind_Context *context, uintptr_t pc, uintptr_t *page);

#endif

/* The objects that stacks go through, each written to the trace when a stack first needs it. Lock-free, no allocation,
 * safe in signal handlers (glibc's _dl_find_object is). No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MODULE_H
#define SHIM_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of the object around the call that returns to pc, and pc's offset in it; 0 and pc itself if there is none. */
unsigned module_of(uintptr_t pc, uint64_t *offset);

/* Whether the call that returns to pc is in one of the user's own objects: not in a folder of shim/model/system.def. */
bool module_is_own(uintptr_t pc);

/* Watches the object around the call that returns to pc, which may be written later. Returns false if too many are
 * watched. */
bool module_watch(uintptr_t pc);

/* Whether a written or watched object has been unloaded since the last call. */
bool module_unloaded(void);

/* An object's line as the trace got it, without its end, for files written beside the trace. NULL: not written, not
 * kept, or an id past MODULE_IDS. */
enum { MODULE_IDS = 1024 };
const char *module_told(unsigned id, size_t *len);

/* In a forked child, whose trace has no modules yet. */
void module_forget(void);

#endif

/* The objects that stacks lie in, each written to the trace when a stack first needs it.
 * Lock-free, no allocation, safe in signal handlers (glibc's _dl_find_object is). No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MODULE_H
#define SHIM_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of the object around the call that returns to pc, and pc's offset in it; 0 and pc itself when it lies in none. */
unsigned module_of(uintptr_t pc, uint64_t *offset);

/* Whether the call that returns to pc is in an object of the user's own: in no folder of shim/model/system.def. */
bool module_is_own(uintptr_t pc);

/* The object around the call that returns to pc may be written later: until then it is watched. False: there are too many. */
bool module_watch(uintptr_t pc);

/* Whether one of those that were written, or are watched, has been unloaded since the last question. */
bool module_unloaded(void);

/* The line that the trace got of an object, without its end, for what is written beside the trace. NULL: it has not got one, or it is not
 * kept; of an id past MODULE_IDS nothing is. */
enum { MODULE_IDS = 1024 };
const char *module_told(unsigned id, size_t *len);

/* In a forked child: its trace has none yet. */
void module_forget(void);

#endif

/* Which native function contains an address.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FUNCTION_AROUND_H
#define SHIM_FUNCTION_AROUND_H

#include <stdint.h>
#include <unwind.h>

/* Its start; 0 if no unwind table has it. */
static inline uintptr_t function_around(uintptr_t pc) { return (uintptr_t)_Unwind_FindEnclosingFunction((void *)pc); }

#endif

/* Which function of the machine an address lies in.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FUNCTION_AROUND_H
#define SHIM_FUNCTION_AROUND_H

#include <stdint.h>
#include <unwind.h>

/* Where it begins; 0: no table tells. */
static inline uintptr_t function_around(uintptr_t pc) { return (uintptr_t)_Unwind_FindEnclosingFunction((void *)pc); }

#endif

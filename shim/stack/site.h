/* Places told apart in the same way in every run: by the stack with module names and offsets, and what languages say of it, not by
 * addresses. Kept where `inject` is on alone. Lock-free, no allocation, safe in signal handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SITE_H
#define SHIM_SITE_H

#include <stddef.h>
#include <stdint.h>

/* A stack is being written under this id; `lang`: the keys of its line that languages gave. */
void site_learn(uint32_t id, const uintptr_t *pc, unsigned n, const char *lang, size_t len);

/* What stands for the stack; 0: it is not known. */
uint64_t site_of(uint32_t id);

#endif

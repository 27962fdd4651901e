/* Numbers for places that are the same in every run: made from the module names and offsets of a stack and from what
 * languages add to it, not from addresses. Kept only with the option `inject`. Lock-free, no allocation, safe in signal
 * handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SITE_H
#define SHIM_SITE_H

#include <stddef.h>
#include <stdint.h>

/* Call when a stack is written under this id. `lang`: the part of its line that languages added. */
void site_learn(uint32_t id, const uintptr_t *pc, unsigned n, const char *lang, size_t len);

/* The number of a stack; 0: not known. */
uint64_t site_of(uint32_t id);

#endif

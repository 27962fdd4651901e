/* Descriptors that are no sockets, as they go through fork and exec: the kernel has no cookie for them, so they are known by their numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HEIRS_H
#define SOCKSAN_ANALYZER_HEIRS_H

#include "analyzer/replay/lives.h"

struct cookies;

/* A process becomes another program, whose lines say later what it found open. */
void heirs_carry(struct cookies *cookies, const struct traced_process *before, struct traced_process *process);

/* A life that its process inherited as descriptor `fd`: ties it to the life that it was in the program before, or in the parent. */
void heirs_bind(struct cookies *cookies, struct socket_life *life, int64_t fd);

/* What the program did not find open. */
void heirs_forget(struct cookies *cookies, struct traced_process *process);

#endif

/* Descriptors other than sockets across fork and exec: they have no kernel cookie, so they are matched by number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HEIRS_H
#define SOCKSAN_ANALYZER_HEIRS_H

#include "analyzer/replay/lives.h"

struct cookies;

/* A process is replaced by another program, whose lines will say later what it found open. */
void heirs_carry(struct cookies *cookies, const struct traced_process *before, struct traced_process *process);

/* The process inherited a life as descriptor `fd`: links it to the life it was in the former program, or in the parent. */
void heirs_bind(struct cookies *cookies, struct socket_life *life, int64_t fd);

/* Ends what the program did not find open. */
void heirs_forget(struct cookies *cookies, struct traced_process *process);

#endif

/* The descriptors of a process: which socket each refers to, and which it referred to before.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DESCRIPTORS_H
#define SOCKSAN_ANALYZER_DESCRIPTORS_H

#include "analyzer/replay/lives.h"

struct cookies;

/* NULL: it was never a socket. */
struct descriptor *descriptor_find(const struct traced_process *process, int64_t fd);

/* The descriptor refers to the socket from now on, whatever it was before. */
void descriptor_open(struct cookies *cookies, struct traced_process *process, int64_t fd, struct socket_life *life);

/* It is no longer a socket; what it was is remembered. `event` closed it; NULL: it is not known what did. */
void descriptor_close(struct cookies *cookies, struct traced_process *process, struct descriptor *descriptor,
		      const struct trace_event *event);

/* Call after the end of the process: keeps in memory only what may be a leak. */
void descriptors_shrink(struct cookies *cookies, struct traced_process *process);

#endif

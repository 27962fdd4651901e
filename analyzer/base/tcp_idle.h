/* For how long no byte has come or gone on the TCP sockets of this network namespace, as the kernel tells: sock_diag(7).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TCP_IDLE_H
#define SOCKSAN_ANALYZER_TCP_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Asks the kernel, once for all. */
void tcp_idle_look(void);

/* ns of the socket behind a descriptor of a process of this machine; -1: not known, as it is no TCP socket, or of another namespace. */
int64_t tcp_idle(pid_t pid, int64_t fd);

#endif

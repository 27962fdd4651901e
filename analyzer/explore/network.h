/* A network namespace for a process, with its loopback up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_NETWORK_H
#define SOCKSAN_ANALYZER_NETWORK_H

#include <stdbool.h>

/* Moves this process into a new network namespace. False: it did not move, or the loopback did not come up. */
bool network_enter(void);

#endif

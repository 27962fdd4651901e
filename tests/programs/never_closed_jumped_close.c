/* A signal handler jumps out of close() before the kernel has heard of it: the descriptor stays open.
 * Expect: never-closed cause=never-used function=main
 * Sockets: 1
 * SPDX-License-Identifier: Apache-2.0
 */
#define CLOSE_AFTERWARDS 0
#include "never_closed_jumped_close_fixed.c"

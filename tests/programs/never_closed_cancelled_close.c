/* A thread that was cancelled comes to its close(), which is where it ends: the descriptor stays open, and nobody else closes it. A child
 * that is forked then, has it too, and made none.
 * Expect: never-closed cause=in-use function=main
 * Sockets: 3
 * SPDX-License-Identifier: Apache-2.0
 */
#define CLOSE_AFTERWARDS 0
#include "never_closed_cancelled_close_fixed.c"

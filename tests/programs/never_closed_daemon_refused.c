/* daemon(3) finds no room for another process, and the program goes on where it is.
 * Expect: never-closed cause=never-used function=make count=20
 * Expect: double-close function=main
 * Sockets: 21
 * SPDX-License-Identifier: Apache-2.0
 */
#define MAKE_MORE 20
#define CLOSE_AGAIN 1
#include "never_closed_daemon_refused_fixed.c"

/* A signal handler of a parent runs as soon as vfork is over, or clone as vfork, before the parent is back from the call, and leaves a socket
 * open each time. The same handler in the child, which has the parent's memory and a table of its own, is no part of the parent.
 * Expect: never-closed cause=never-used function=handler count=20
 * Sockets: 40
 * SPDX-License-Identifier: Apache-2.0
 */
#define LEAVE 1
#include "never_closed_vfork_handler_fixed.c"

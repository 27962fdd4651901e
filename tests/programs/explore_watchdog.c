/* What cannot be added to an epoll set is waited for in vain, until the program's own watchdog kills it. That its sockets are open then is no
 * mistake, but on the way there it closes a descriptor twice.
 * Explore: --calls=epoll_ctl --kinds=all
 * Finds: epoll_ctl ENOMEM double-close watch
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_watchdog.h"

/* What cannot be added to an epoll set is waited for in vain, until the program's own watchdog kills it. That its sockets are open then is no mistake.
 * Explore: --calls=epoll_ctl --kinds=all
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_watchdog.h"

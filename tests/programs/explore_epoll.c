/* A registration fails, unchecked: the program waits for an event that never comes.
 * Finds: epoll_ctl ENOMEM hang-after-fault await
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_epoll.h"

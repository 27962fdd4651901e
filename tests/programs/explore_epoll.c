/* A registration that fails and is not looked at: the event is waited for in vain.
 * Finds: epoll_ctl ENOMEM hang-after-fault await
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_epoll.h"

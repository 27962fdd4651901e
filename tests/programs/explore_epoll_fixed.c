/* A registration that fails and is not looked at: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_epoll.h"

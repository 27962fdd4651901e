/* A registration fails, unchecked: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_epoll.h"

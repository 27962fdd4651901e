/* A wait that a signal interrupts is mistaken for a broken connection, which is closed twice.
 * Explore: --calls=poll
 * Finds: poll EINTR double-close main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_poll.h"

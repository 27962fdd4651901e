/* A wait that a signal interrupts is mistaken for a broken connection, which is closed twice: corrected.
 * Explore: --calls=poll
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_poll.h"

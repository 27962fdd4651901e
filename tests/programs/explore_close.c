/* A close that a signal interrupts has closed the descriptor: the retry closes it twice.
 * Finds: close EINTR double-close finish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_close.h"

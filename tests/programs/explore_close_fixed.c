/* A close that a signal interrupts has closed the descriptor: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_close.h"

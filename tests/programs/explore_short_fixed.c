/* A read that returns less than was asked for is mistaken for the end: corrected.
 * Explore: --errno=SHORT
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_short.h"

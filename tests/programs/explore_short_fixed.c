/* A read that gives less than was asked for is taken for the end: corrected.
 * Explore: --errno=SHORT
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_short.h"

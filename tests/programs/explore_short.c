/* A read that gives less than was asked for is taken for the end.
 * Explore: --errno=SHORT
 * Finds: recv SHORT unreported-fault receive
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_short.h"

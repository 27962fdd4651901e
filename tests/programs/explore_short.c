/* A read that returns less than was asked for is mistaken for the end.
 * Explore: --errno=SHORT
 * Finds: recv SHORT unreported-fault receive
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_short.h"

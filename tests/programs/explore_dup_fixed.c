/* A descriptor cannot be duplicated: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_dup.h"

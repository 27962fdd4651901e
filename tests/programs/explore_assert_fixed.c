/* An assert on a call that can fail: corrected.
 * Explore: --calls=connect
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_assert.h"

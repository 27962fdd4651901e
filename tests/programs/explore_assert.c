/* An assert on a call that can fail.
 * Explore: --calls=connect
 * Finds: connect ECONNREFUSED crash-after-fault main
 * Finds: connect ENETUNREACH crash-after-fault main
 * Finds: connect ETIMEDOUT crash-after-fault main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_assert.h"

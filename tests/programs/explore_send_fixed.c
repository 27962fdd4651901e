/* A send fails: corrected.
 * Explore: --calls=send
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_send.h"

/* When a connection turns out to be broken, it closes it once. That getpeername failed does not end the stream: what was reset says so when it is
 * read, and nothing is written to it.
 * Explore: --calls=getpeername
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_getpeername.h"

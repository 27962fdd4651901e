/* A connection that is reset is taken for its end, and what is missing goes unsaid: corrected.
 * Explore: --errno=ECONNRESET,END
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_silent.h"

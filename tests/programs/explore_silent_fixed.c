/* A connection reset is mistaken for the end, and the missing data goes unreported: corrected.
 * Explore: --errno=ECONNRESET,END
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_silent.h"

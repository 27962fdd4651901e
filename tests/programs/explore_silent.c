/* A connection reset is mistaken for the end, and the missing data goes unreported.
 * Explore: --errno=ECONNRESET,END
 * Finds: recv ECONNRESET unreported-fault copy
 * Finds: recv END unreported-fault copy
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_silent.h"

/* A connection that is reset is taken for its end, and what is missing goes unsaid.
 * Explore: --errno=ECONNRESET,END
 * Finds: recv ECONNRESET unreported-fault copy
 * Finds: recv END unreported-fault copy
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_silent.h"

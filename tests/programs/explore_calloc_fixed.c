/* Memory that is not there for what was accepted: corrected.
 * Explore: --memory --calls=calloc
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_calloc.h"

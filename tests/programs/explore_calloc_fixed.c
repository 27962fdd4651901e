/* Memory runs out after an accept: corrected.
 * Explore: --memory --calls=calloc
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_calloc.h"

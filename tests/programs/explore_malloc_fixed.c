/* Memory runs out, and the null pointer is written to: corrected.
 * Explore: --memory
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_malloc.h"

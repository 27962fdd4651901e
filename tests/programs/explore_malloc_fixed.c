/* Memory that is not there, and is written to: corrected.
 * Explore: --memory
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_malloc.h"

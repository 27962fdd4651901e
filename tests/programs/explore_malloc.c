/* Memory runs out, and the null pointer is written to.
 * Explore: --memory
 * Finds: malloc ENOMEM crash-after-fault connection_new
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_malloc.h"

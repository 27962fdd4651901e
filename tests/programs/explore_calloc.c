/* Memory runs out after an accept: the connection is leaked.
 * Explore: --memory --calls=calloc
 * Finds: calloc ENOMEM never-closed welcome
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_calloc.h"

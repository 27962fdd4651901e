/* Memory that is not there for what was accepted: the connection is lost.
 * Explore: --memory --calls=calloc
 * Finds: calloc ENOMEM never-closed welcome
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_calloc.h"
